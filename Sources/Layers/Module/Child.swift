/// A part of a module: one module, an optional module, or an array of modules, under the name that
/// checkpoints use.
///
/// The elements of an array get their index as a further component: `layers.0`, `layers.1`.
///
/// ```swift
/// @Child var query: Linear
/// init(...) { _query = Child("q_proj", Linear(inputSize: 64, outputSize: 64)) }
/// ```
@propertyWrapper
public final class Child<Value> {
  /// The name within the parent.
  public let name: String
  private var value: Value

  /// The part, under the name that paths show.
  public init(_ name: String, _ value: Value) {
    precondition(!name.isEmpty, "a child needs a name")
    self.name = name
    self.value = value
  }

  /// The part. It is replaced through ``Module/replaceModule(at:with:)``, which keeps the cached paths right.
  public var wrappedValue: Value { value }
}

/// What the walk over a module needs of a child, whatever its type.
protocol ChildSlot: AnyObject {
  var name: String { get }
  var valueTypeName: String { get }

  /// The modules with their paths below the parent, or nil when the value is not made of modules.
  func modules() -> [(path: ParameterPath, module: Module)]?

  /// Puts `module` at the child's position `index` (0 for a single module); false when the type does not fit.
  func replace(at index: Int, with module: Module) -> Bool
}

extension Child: ChildSlot {
  var valueTypeName: String { "\(Value.self)" }

  func modules() -> [(path: ParameterPath, module: Module)]? {
    if let list = value as? [Module] {
      let base = ParameterPath(name)
      return list.enumerated().map { (base.appending("\($0.offset)"), $0.element) }
    }
    if let module = value as? Module { return [(ParameterPath(name), module)] }
    // An optional that holds nothing is an empty part; anything else is not a part at all.
    if Value.self is any OptionalModule.Type, !(value is Module) { return [] }
    return nil
  }

  func replace(at index: Int, with module: Module) -> Bool {
    if var list = value as? [Module] {
      guard list.indices.contains(index) else { return false }
      list[index] = module
      guard let fitting = list as? Value else { return false }
      value = fitting
      return true
    }
    guard index == 0, let fitting = module as? Value else { return false }
    value = fitting
    return true
  }
}

private protocol OptionalModule {}
extension Optional: OptionalModule where Wrapped: Module {}
