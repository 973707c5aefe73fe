/// How an operator's tensors go through `Tensor.call`: up to five by themselves, one list by itself, anything
/// else side by side in one list.
struct Operands {
  /// The arguments after the operator's name.
  let passed: [String]
  /// The names of the closure's parameters, empty for `$0`, `$1` and so on.
  let closureHead: String
  /// What stands for each tensor argument in the C call.
  let handles: [String: [String]]

  init(_ binding: Binding) {
    let tensors = binding.visible.filter { $0.type.base == .tensor }
    let lists = tensors.filter(\.type.isList)
    let singles = tensors.filter { !$0.type.isList }
    func swift(_ argument: OpSchema.Argument) -> String {
      argument == binding.receiver ? "self" : SwiftWriter.swiftName(argument.name)
    }
    var handles: [String: [String]] = [:]
    if lists.isEmpty, singles.count <= 5 {
      passed = singles.map(swift)
      let names = singles.map { $0 == binding.receiver ? "this" : swift($0) }
      let needsNames = binding.visible.contains { $0.type.base == .generator }
      closureHead = needsNames ? " \(names.joined(separator: ", ")) in" : ""
      for (index, single) in singles.enumerated() {
        handles[single.name] = [needsNames ? names[index] : "$\(index)"]
      }
    } else if singles.isEmpty, lists.count == 1 {
      passed = ["list: \(swift(lists[0]))"]
      closureHead = ""
      handles[lists[0].name] = ["$0", "$1"]
    } else {
      var parts = singles.isEmpty ? [] : ["[\(singles.map(swift).joined(separator: ", "))]"]
      parts += lists.map(swift)
      passed = "list: \(parts.joined(separator: " + "))".split(separator: ", ").map(String.init)
      closureHead = " handles, _ in"
      for (index, single) in singles.enumerated() { handles[single.name] = ["handles[\(index)]"] }
      var offset = singles.isEmpty ? "handles" : "handles + \(singles.count)"
      for list in lists {
        handles[list.name] = [offset, "\(swift(list)).count"]
        offset += " + \(swift(list)).count"
      }
    }
    self.handles = handles
  }
}
