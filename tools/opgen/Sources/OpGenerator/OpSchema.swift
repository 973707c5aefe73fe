/// One operator as native_functions.yaml declares it, for example
/// `add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor`.
public struct OpSchema: Equatable, Sendable {
  /// The name without the overload: `add`, or `add_` for the in-place form.
  public let name: String
  /// The overload name after the dot, empty for none.
  public let overload: String
  public let arguments: [Argument]
  public let results: [Result]
  /// The declaration as written.
  public let text: String

  /// One argument of an operator.
  public struct Argument: Equatable, Sendable {
    public let name: String
    public let type: SchemaType
    /// The default as written, nil where the caller must give a value.
    public let defaultText: String?
    /// Whether the argument stands after the `*`.
    public let isKeywordOnly: Bool
  }

  /// One result of an operator.
  public struct Result: Equatable, Sendable {
    /// The name, nil where the schema gives none.
    public let name: String?
    public let type: SchemaType
  }

  /// The name with its overload, as the list of operators and error reports write it: `add.Tensor`.
  public var fullName: String { overload.isEmpty ? name : "\(name).\(overload)" }

  /// Whether the operator changes its first argument and returns it: a name with a trailing underscore.
  public var isInPlace: Bool { name.hasSuffix("_") }

  /// The name of libtorch's entry, the struct in namespace `at::_ops`.
  public var entryName: String { overload.isEmpty ? name : "\(name)_\(overload)" }
}

/// The type of an argument or a result.
public struct SchemaType: Equatable, Sendable {
  /// What one element is.
  public enum Base: String, Equatable, Sendable {
    case tensor = "Tensor"
    case scalar = "Scalar"
    case int = "int"
    case symInt = "SymInt"
    case float = "float"
    case bool = "bool"
    case string = "str"
    case scalarType = "ScalarType"
    case generator = "Generator"
    case layout = "Layout"
    case device = "Device"
    case memoryFormat = "MemoryFormat"
  }
  public let base: Base
  public let isList: Bool
  /// The `N` of `int[N]`, where one number stands for all; nil without one.
  public let listCount: Int?
  /// Whether the whole value may be None.
  public let isOptional: Bool
  /// Whether the elements of a list may be None, as in `Tensor?[]`.
  public let hasOptionalElements: Bool
  /// Whether the operator writes to the argument: an alias mark with `!`.
  public let isWritten: Bool
}

/// What is wrong with the operator list or the declarations.
public struct OpGeneratorError: Error, Equatable, CustomStringConvertible, Sendable {
  public let description: String

  public init(_ description: String) {
    self.description = description
  }
}
