import Torch

/// Marks a class whose objects a module may keep beside its parameters: they hold nothing that training
/// changes or that a checkpoint must keep, such as a cache of precomputed angles.
public protocol ModuleResource: AnyObject {}

/// Tells plain values from those that may hide tensors.
enum Hyperparameter {
  /// Nil when `value` is a plain hyperparameter all the way down; otherwise what to do instead.
  static func objection(to value: Any) -> String? {
    if value is any ModuleResource { return nil }
    if value is Tensor { return "Declare it with @Parameter or @Buffer." }
    if value is Module { return "Declare it with @Child." }
    if value is Parameter || value is Buffer || value is any ChildSlot {
      return "Declare it as a property of its own, outside of any collection."
    }
    let mirror = Mirror(reflecting: value)
    if mirror.displayStyle == .class {
      return "Only plain values and ModuleResource objects can stand beside parameters."
    }
    if "\(mirror.subjectType)".contains("->") {
      return "A closure may hide tensors: store plain values instead."
    }
    // Strings, numbers and the like end here: they have no children.
    for child in mirror.children {
      if let objection = objection(to: child.value) { return objection }
    }
    return nil
  }
}
