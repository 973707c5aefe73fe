/// The result of one walk over a module tree: every module, parameter and buffer once, in definition order.
struct ModuleTable {
  var modules: [(path: ParameterPath, module: Module)] = []
  var parameters: [(path: ParameterPath, parameter: Parameter)] = []
  var buffers: [(path: ParameterPath, buffer: Buffer)] = []
  /// Further paths of what is shared, mapped to the first path.
  var aliases: [(alias: ParameterPath, path: ParameterPath)] = []

  private var firstPaths: [ObjectIdentifier: ParameterPath] = [:]
  private var owners: [ParameterPath: ObjectIdentifier] = [:]

  /// Walks over everything below `root`.
  ///
  /// - Throws: ``ModuleError`` for a property that cannot be followed and for two things of one name.
  init(root: Module) throws {
    try visit(root, at: .root)
  }

  private mutating func visit(_ module: Module, at path: ParameterPath) throws {
    guard try isFirstVisit(of: module, at: path) else { return }
    modules.append((path, module))
    for property in try StoredProperties.of(module, at: path) {
      switch property {
      case .parameter(let parameter):
        let own = path.appending(parameter.name)
        if try isFirstVisit(of: parameter, at: own) { parameters.append((own, parameter)) }
      case .buffer(let buffer):
        let own = path.appending(buffer.name)
        if try isFirstVisit(of: buffer, at: own) { buffers.append((own, buffer)) }
      case .modules(let children):
        for child in children { try visit(child.module, at: path.appending(child.path.description)) }
      }
    }
  }

  /// Notes that `object` stands at `path`; false, and an alias, when it was seen before. What stands below a
  /// shared module is reached through the module's first path only.
  private mutating func isFirstVisit(of object: AnyObject, at path: ParameterPath) throws -> Bool {
    let id = ObjectIdentifier(object)
    if let owner = owners[path], owner != id { throw ModuleError.duplicatePath(path) }
    owners[path] = id
    if let first = firstPaths[id] {
      aliases.append((path, first))
      return false
    }
    firstPaths[id] = path
    return true
  }
}

/// What a stored property of a module contributes to the tree.
enum ModuleProperty {
  case parameter(Parameter)
  case buffer(Buffer)
  case modules([(path: ParameterPath, module: Module)])
}

/// Reads a module's stored properties by reflection, strictly: what cannot be followed is an error, never
/// lost.
enum StoredProperties {
  /// The parameters, buffers and children of `module`, those of its superclasses first.
  static func of(_ module: Module, at path: ParameterPath) throws -> [ModuleProperty] {
    var levels: [Mirror] = []
    var level: Mirror? = Mirror(reflecting: module)
    while let mirror = level, mirror.subjectType != Module.self {
      levels.append(mirror)
      level = mirror.superclassMirror
    }
    var properties: [ModuleProperty] = []
    for mirror in levels.reversed() {
      for child in mirror.children {
        let label = child.label ?? "?"
        if let property = try read(child.value, label: label, of: module, at: path) {
          properties.append(property)
        }
      }
    }
    return properties
  }

  private static func read(
    _ value: Any, label: String, of module: Module, at path: ParameterPath
  ) throws -> ModuleProperty? {
    if let parameter = value as? Parameter { return .parameter(parameter) }
    if let buffer = value as? Buffer { return .buffer(buffer) }
    let name = label.hasPrefix("_") ? String(label.dropFirst()) : label
    let owner = "\(type(of: module))"
    if let slot = value as? any ChildSlot {
      if let modules = slot.modules() { return .modules(modules) }
      throw ModuleError.undeclaredProperty(
        module: owner, path: path, property: name, type: slot.valueTypeName,
        remedy: "A child must be a module, an optional module or an array of modules.")
    }
    if let remedy = Hyperparameter.objection(to: value) {
      throw ModuleError.undeclaredProperty(
        module: owner, path: path, property: name, type: "\(type(of: value))", remedy: remedy)
    }
    return nil
  }
}
