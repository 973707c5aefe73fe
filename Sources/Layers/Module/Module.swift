public import Torch

/// A part of a neural network: parameters, buffers and further modules, with one way to be called.
///
/// A subclass declares its state with ``Parameter``, ``Buffer`` and ``Child``; every other stored property
/// must be a plain value (numbers, strings, enums, structs and collections of such) or a ``ModuleResource``.
/// One strict walk over the tree finds the state and is cached; what it cannot follow is an error.
///
/// Building a module declares its parameters. ``materialize(with:)`` gives them values.
///
/// Modules are used by one thread at a time.
open class Module {
  /// True between `setTraining(true)` and `setTraining(false)`; dropout acts only then. Starts true.
  public private(set) final var isTraining = true
  /// The random numbers that this module draws from while training, set by ``setGenerator(_:)``.
  public private(set) final var generator: Generator?
  private final var table: ModuleTable?
  private final var observation: Observation?

  /// A module without state of its own.
  public init() {}

  /// The cached walk over the tree below this module.
  final func walked() throws -> ModuleTable {
    if let table { return table }
    let walked = try ModuleTable(root: self)
    table = walked
    return walked
  }

  /// Every module of the tree once, at its first path, in definition order; this module itself comes first.
  ///
  /// - Throws: ``ModuleError`` when a property cannot be followed or two things have one path.
  public final func namedModules() throws -> [(path: ParameterPath, module: Module)] { try walked().modules }

  /// The module at `path`.
  ///
  /// - Throws: ``ModuleError/unknownPath(_:nearest:)``.
  public final func module(at path: ParameterPath) throws -> Module {
    let modules = try namedModules()
    if let found = modules.first(where: { $0.path == path }) { return found.module }
    let nearest = NearestName.find(path.description, among: modules.lazy.map(\.path.description))
    throw ModuleError.unknownPath(path, nearest: nearest)
  }

  /// Puts `module` where the tree has another one, as adapters and quantisers do. It must be of the declared
  /// type. Observers of the replaced module do not move along.
  ///
  /// - Throws: ``ModuleError``.
  public final func replaceModule(at path: ParameterPath, with module: Module) throws {
    let modules = try namedModules()
    _ = try self.module(at: path)
    for (parentPath, parent) in modules {
      for slot in parent.childSlots() {
        for (index, child) in (slot.modules() ?? []).enumerated()
        where parentPath.appending(child.path.description) == path {
          guard slot.replace(at: index, with: module) else {
            throw ModuleError.unfittingModule(path: path, type: "\(type(of: module))")
          }
          for entry in modules { entry.module.table = nil }
          return
        }
      }
    }
    throw ModuleError.unfittingModule(path: path, type: "\(type(of: module))")
  }

  private func childSlots() -> [any ChildSlot] {
    var slots: [any ChildSlot] = []
    var level: Mirror? = Mirror(reflecting: self)
    while let mirror = level, mirror.subjectType != Module.self {
      slots += mirror.children.compactMap { $0.value as? any ChildSlot }
      level = mirror.superclassMirror
    }
    return slots
  }

  /// Switches the whole tree between training and evaluation.
  ///
  /// - Throws: ``ModuleError`` from the walk.
  public final func setTraining(_ isTraining: Bool) throws {
    for entry in try namedModules() { entry.module.isTraining = isTraining }
  }

  /// Makes every module of the tree draw its random numbers from `generator`, whose state a checkpoint saves.
  ///
  /// - Throws: ``ModuleError`` from the walk.
  public final func setGenerator(_ generator: Generator?) throws {
    for entry in try namedModules() { entry.module.generator = generator }
  }

  // MARK: Observers

  /// Lets `observer` see every call of every module of the tree, until ``detach(_:)``.
  ///
  /// - Throws: ``ModuleError`` from the walk.
  public final func attach(_ observer: any ModuleObserver) throws {
    for (path, module) in try namedModules() {
      var observation = module.observation ?? Observation()
      observation.observers.append((observer, path))
      module.observation = observation
    }
  }

  /// Ends what ``attach(_:)`` began; an observer that is not attached is left alone.
  ///
  /// - Throws: ``ModuleError`` from the walk.
  public final func detach(_ observer: any ModuleObserver) throws {
    for (_, module) in try namedModules() {
      module.observation?.observers.removeAll { $0.observer === observer }
      if module.observation?.observers.isEmpty == true { module.observation = nil }
    }
  }

  /// The one call path: runs `body` between the observers' two methods. Every module's `callAsFunction` goes
  /// through it.
  public final func observed(_ input: Tensor, _ body: (Tensor) throws -> Tensor) throws -> Tensor {
    guard let observation else { return try body(input) }
    let seen = try observation.willCall(self, [input])
    return try observation.didCall(self, [try body(seen[0])])[0]
  }

  /// The one call path, for modules with several inputs or outputs.
  public final func observed(_ inputs: [Tensor], _ body: ([Tensor]) throws -> [Tensor]) throws -> [Tensor] {
    guard let observation else { return try body(inputs) }
    return try observation.didCall(self, try body(try observation.willCall(self, inputs)))
  }
}
