internal import CTorch

/// A number as an operator takes it. Its kind decides the type of the result: a tensor of integers plus an
/// integer stays a tensor of integers, plus a floating-point number it becomes one of floating point.
public enum Scalar: Sendable, Equatable {
  /// A floating-point number; a tensor of integers or booleans becomes one of f32 with it.
  case double(Double)
  /// A whole number; a tensor of booleans becomes one of i64 with it.
  case int(Int)
  /// A truth value, which changes no tensor's dtype.
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
  /// A floating-point scalar, exactly.
  public var scalar: Scalar { .double(self) }
}

extension Float: ScalarConvertible {
  /// A floating-point scalar, exactly: f32 fits f64.
  public var scalar: Scalar { .double(Double(self)) }
}

extension Int: ScalarConvertible {
  /// A whole scalar, exactly.
  public var scalar: Scalar { .int(self) }
}

extension Bool: ScalarConvertible {
  /// A boolean scalar.
  public var scalar: Scalar { .bool(self) }
}

extension Scalar: ScalarConvertible {
  /// Itself, whatever its kind.
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
  /// The losses stay apart: the result has the shape of the targets.
  case none = 0
  /// The sum over the elements that count, divided by their number (or total weight); a scalar.
  case mean = 1
  /// All elements added up; a scalar.
  case sum = 2
}
