import Testing
import Torch

@Suite struct TensorValuesTests {
  @Test func `values come back as they went in`() throws {
    #expect(try roundTrip([1.5, -2, 1e300]) == [1.5, -2, 1e300])
    #expect(try roundTrip([Float(1.5), -2, .infinity]) == [1.5, -2, .infinity])
    #expect(try roundTrip([Int.max, Int.min, 0]) == [Int.max, Int.min, 0])
    #expect(try roundTrip([Int64(7), -7]) == [7, -7])
    #expect(try roundTrip([Int32.max, Int32.min]) == [Int32.max, Int32.min])
    #expect(try roundTrip([Int16.max, Int16.min]) == [Int16.max, Int16.min])
    #expect(try roundTrip([Int8.max, Int8.min]) == [Int8.max, Int8.min])
    #expect(try roundTrip([UInt8.max, 0]) == [UInt8.max, 0])
    #expect(try roundTrip([true, false]) == [true, false])
    #expect(try roundTrip([BFloat16(0.5), BFloat16(-3)]) == [BFloat16(0.5), BFloat16(-3)])
  }

  private func roundTrip<Scalar: TorchScalar>(_ values: [Scalar]) throws -> [Scalar] {
    let tensor = try Tensor(values)
    #expect(tensor.dtype == Scalar.dtype)
    return try tensor.array(of: Scalar.self)
  }

  @Test func `reading converts the dtype and follows strides`() throws {
    let tensor = try Tensor([1.75, 2, 3, 4], shape: [2, 2]).transpose(0, 1)
    #expect(try tensor.array(of: Int.self) == [1, 3, 2, 4])
    #expect(try tensor.array(of: Float.self) == [1.75, 3, 2, 4])
    #expect(try Tensor.zeros([0]).array(of: Float.self) == [])
    #expect(try Tensor([Float](), shape: [0, 4]).shape == [0, 4])
  }

  @Test func `a tensor of one element is a number`() throws {
    #expect(try Tensor(scalar: 2.5).item() == 2.5)
    #expect(try Tensor([41], shape: [1, 1]).itemInt() == 41)
    #expect(throws: TorchError.self) { try Tensor([1, 2]).item() }
  }

  @Test func `too few values for a shape are refused with both numbers`() throws {
    let error = try #require(throws: TorchError.self) { try Tensor([1, 2, 3], shape: [2, 2]) }
    #expect(error.kind == .shape)
    #expect(error.message == "3 values do not fill the shape [2, 2]")
  }

  @Test(arguments: [DType.float16, .bfloat16, .float64, .float32, .float8e5m2, .float8e4m3fn])
  func `small powers of two survive every floating dtype`(dtype: DType) throws {
    let values: [Float] = [0.5, 1, -2, 8]
    let converted = try Tensor(values).to(dtype)
    #expect(converted.dtype == dtype)
    #expect(try converted.array(of: Float.self) == values)
  }

  @Test func `our bfloat16 rounds as libtorch's`() throws {
    var bits: UInt32 = 12345
    let values = (0..<2000).map { _ -> Float in
      bits = bits &* 1_664_525 &+ 1_013_904_223
      return Float(bitPattern: bits)
    }.filter(\.isFinite) + [1.00390625, 1.01171875, -1.00390625, 3.4e38, Float(bitPattern: 1), 0, -0.0]
    let converted = try Tensor(values).to(.bfloat16).array(of: BFloat16.self)
    for (value, theirs) in zip(values, converted) {
      #expect(BFloat16(value).bitPattern == theirs.bitPattern, "\(value)")
    }
    #expect(BFloat16(.nan).floatValue.isNaN)
  }

  @Test func `converting to the same dtype or device is no copy`() throws {
    let tensor = try Tensor.ones([4])
    #expect(try tensor.to(.float32) === tensor)
    #expect(try tensor.to(.cpu) === tensor)
    #expect(try tensor.contiguous() === tensor)
    #expect(try !tensor.clone().sharesStorage(with: tensor))
    #expect(try tensor.detached().sharesStorage(with: tensor))
  }
}
