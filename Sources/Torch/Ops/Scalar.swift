internal import CTorch

/// A number as an operator takes it. Its kind decides the type of the result: a tensor of integers plus an
/// integer stays a tensor of integers, plus a floating-point number it becomes one of floating point.
public enum Scalar: Sendable, Equatable {
  case double(Double)
  case int(Int)
  case bool(Bool)

  var tagged: ct_scalar {
    switch self {
    case .double(let value): ct_scalar(kind: CT_SCALAR_DOUBLE, d: value, i: 0)
    case .int(let value): ct_scalar(kind: CT_SCALAR_INT, d: 0, i: value)
    case .bool(let value): ct_scalar(kind: CT_SCALAR_BOOL, d: 0, i: value ? 1 : 0)
    }
  }
}

/// A Swift number that operators take as a scalar.
public protocol ScalarConvertible {
  /// The number with its kind.
  var scalar: Scalar { get }
}

extension Double: ScalarConvertible {
  public var scalar: Scalar { .double(self) }
}

extension Float: ScalarConvertible {
  public var scalar: Scalar { .double(Double(self)) }
}

extension Int: ScalarConvertible {
  public var scalar: Scalar { .int(self) }
}

extension Bool: ScalarConvertible {
  public var scalar: Scalar { .bool(self) }
}

extension Scalar: ScalarConvertible {
  public var scalar: Scalar { self }
}

extension ct_optional_scalar {
  init(_ value: (any ScalarConvertible)?) {
    self.init(has_value: value != nil, value: (value?.scalar ?? .int(0)).tagged)
  }
}

extension Double? {
  var tagged: ct_optional_double { ct_optional_double(has_value: self != nil, value: self ?? 0) }
}

extension Int? {
  var tagged: ct_optional_int { ct_optional_int(has_value: self != nil, value: self ?? 0) }
}

extension Bool? {
  var tagged: ct_optional_bool { ct_optional_bool(has_value: self != nil, value: self ?? false) }
}

/// How a loss joins the losses of its elements.
public enum LossReduction: Int, Sendable {
  case none = 0
  case mean = 1
  case sum = 2
}
