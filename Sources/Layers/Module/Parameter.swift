public import Torch

/// A trainable tensor of a module: declared with a name, a shape and an initialization when the module is
/// built, and given its values later by an ``Initializer``.
///
/// Identity is the object: a tied weight is the same `Parameter` in two modules, and is found, initialised,
/// reduced and updated once. ZeRO swaps the storage behind the tensor; hooks attach to the tensor, whose
/// identity stays.
///
/// ```swift
/// @Parameter public var weight: Tensor
/// init(...) { _weight = Parameter("weight", shape: [outputSize, inputSize], .zeros) }
/// ```
@propertyWrapper
public final class Parameter {
  /// The name within the module that declares it, in the spelling of checkpoints.
  public let name: String
  /// The whole shape, whatever part of it this rank holds.
  public let shape: [Int]
  /// How fresh values are drawn.
  public let initialization: Initialization
  /// False when the parameter is frozen.
  public private(set) var isTrainable = true
  private var value: Tensor?
  /// Where the values are while they are not in the tensor; nil for a parameter that is always whole.
  public var residence: (any ParameterResidence)?

  /// Declares a parameter without allocating it.
  public init(_ name: String, shape: [Int], _ initialization: Initialization) {
    precondition(!name.isEmpty, "a parameter needs a name")
    precondition(shape.allSatisfy { $0 >= 0 }, "parameter \(name) declared with shape \(shape)")
    self.name = name
    self.shape = shape
    self.initialization = initialization
  }

  /// The tensor, a leaf of autograd. Reading it before the model was materialised is a programmer's error.
  ///
  /// A partitioned parameter is gathered by being read. Each reading yields an object of its own then, so that
  /// those that the graph keeps for the backward pass can be told from those that are gone.
  public var tensor: Tensor {
    guard let residence else { return leaf }
    residence.willRead(self)
    return leaf.anotherReference()
  }

  /// The tensor without its values being asked for: what hooks and gradients belong to. Its elements may only
  /// be touched while whoever partitions the parameter holds it gathered.
  public var leaf: Tensor {
    guard let value else {
      preconditionFailure("parameter \(name) \(shape) was read before materialize(with:) gave it values")
    }
    return value
  }

  /// The tensor, as the wrapped property.
  public var wrappedValue: Tensor { tensor }

  /// The parameter itself, for tying it into another module: `Linear(sharing: embedding.$weight)`.
  public var projectedValue: Parameter { self }

  /// True once it has values (possibly on the meta device, possibly partitioned).
  public var isMaterialized: Bool { value != nil }

  /// The number of elements of the whole parameter.
  public var elementCount: Int { shape.reduce(1, *) }

  /// The identity: equal exactly for the same parameter.
  public var id: ObjectIdentifier { ObjectIdentifier(self) }

  /// The gradient that backward accumulated, or nil.
  public var gradient: Tensor? { value?.gradient }

  /// Makes `tensor` the value; it becomes a leaf that asks for gradients when the parameter is trainable.
  ///
  /// - Parameter tensor: the declared shape, any floating dtype, any device.
  /// - Throws: ``ModuleError`` when the shape differs from the declared one, `TorchError`.
  public func setTensor(_ tensor: Tensor) throws {
    guard tensor.shape == shape else {
      throw ModuleError.wrongShape(path: ParameterPath(name), expected: shape, found: tensor.shape)
    }
    let leaf = tensor.isLeaf ? tensor : try tensor.detached()
    try leaf.setRequiresGradient(isTrainable && leaf.dtype.isFloatingPoint)
    value = leaf
  }

  /// Lets the parameter take part in training, or freezes it. A frozen parameter keeps no gradient.
  ///
  /// - Throws: `TorchError` from changing the tensor's autograd flag.
  public func setTrainable(_ isTrainable: Bool) throws {
    self.isTrainable = isTrainable
    guard let value else { return }
    try value.setRequiresGradient(isTrainable && value.dtype.isFloatingPoint)
    if !isTrainable { try value.setGradient(nil) }
  }
}

/// Whoever keeps a parameter's values elsewhere and brings them when they are needed: the gathering of partitioned
/// parameters.
public protocol ParameterResidence: AnyObject {
  /// The parameter's tensor is about to be used. Values must be in it when this returns; a failure is kept and
  /// thrown at the next place that can throw.
  func willRead(_ parameter: Parameter)
}
