public import Torch

/// Something that watches, and may exchange, what goes into and comes out of the modules of a tree:
/// profilers, finders of the first NaN, the gathering of partitioned parameters.
///
/// The methods run on the thread that calls the module, inside its call. Returning nil leaves the tensors as
/// they are; returning an array of the same length puts those tensors in their place.
public protocol ModuleObserver: AnyObject {
  /// The module is about to compute on `inputs`.
  func willCall(_ module: Module, at path: ParameterPath, inputs: [Tensor]) throws -> [Tensor]?

  /// The module has computed `outputs`. Not called when the module threw.
  func didCall(_ module: Module, at path: ParameterPath, outputs: [Tensor]) throws -> [Tensor]?
}

extension ModuleObserver {
  /// Leaves the inputs as they are.
  public func willCall(_ module: Module, at path: ParameterPath, inputs: [Tensor]) throws -> [Tensor]? { nil }

  /// Leaves the outputs as they are.
  public func didCall(_ module: Module, at path: ParameterPath, outputs: [Tensor]) throws -> [Tensor]? { nil }
}

/// The observers of one module, in the order in which they were attached, and the path under which they know
/// it.
struct Observation {
  var observers: [(observer: any ModuleObserver, path: ParameterPath)] = []

  func willCall(_ module: Module, _ inputs: [Tensor]) throws -> [Tensor] {
    var current = inputs
    for entry in observers {
      if let replaced = try entry.observer.willCall(module, at: entry.path, inputs: current) {
        precondition(
          replaced.count == current.count, "an observer changed the number of inputs at '\(entry.path)'")
        current = replaced
      }
    }
    return current
  }

  /// The last one to see the inputs is the first one to see the outputs, so that observers nest.
  func didCall(_ module: Module, _ outputs: [Tensor]) throws -> [Tensor] {
    var current = outputs
    for entry in observers.reversed() {
      if let replaced = try entry.observer.didCall(module, at: entry.path, outputs: current) {
        precondition(
          replaced.count == current.count, "an observer changed the number of outputs at '\(entry.path)'")
        current = replaced
      }
    }
    return current
  }
}
