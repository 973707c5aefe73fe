/// `CUDA_VISIBLE_DEVICES`, as it was set before the launch and as each rank gets it.
public struct VisibleDevices: Sendable, Equatable {
  /// The variable that CUDA reads.
  public static let variable = "CUDA_VISIBLE_DEVICES"

  /// The devices by number, in the order of the variable, or by position where they are named by UUID.
  public let slots: [Int]
  /// The name of each slot as CUDA knows it.
  let names: [Int: String]

  /// Reads the variable.
  /// - Returns: nil when it is not set, or when it hides all devices ("", "-1", "NoDevFiles").
  /// - Throws: ``LaunchError/badValue(option:found:expected:)`` when it lists a device twice.
  public init?(environment: [String: String]) throws(LaunchError) {
    guard let text = environment[Self.variable], !Self.hidesAll(text) else { return nil }
    let devices = text.split(separator: ",").map { String($0).trimmed }
    if Set(devices).count != devices.count {
      throw .badValue(option: Self.variable, found: text, expected: "each device once")
    }
    let numbers = devices.compactMap { Int($0) }
    slots = numbers.count == devices.count ? numbers : Array(devices.indices)
    names = Dictionary(uniqueKeysWithValues: zip(slots, devices))
  }

  /// Whether the value of the variable hides every device.
  static func hidesAll(_ text: String) -> Bool { ["", "-1", "NoDevFiles"].contains(text.trimmed) }

  /// The value that shows exactly `slots`, in that order.
  func value(showing slots: [Int]) -> String {
    Self.value(slots.map { names[$0] ?? String($0) })
  }

  static func value(_ devices: [String]) -> String { devices.joined(separator: ",") }
}
