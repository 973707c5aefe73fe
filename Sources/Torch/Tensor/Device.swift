internal import CTorch

/// Where a tensor's memory is.
public struct Device: Sendable, Hashable, CustomStringConvertible {
  /// The kind of a device; raw values are libtorch's own numbers.
  public enum Kind: Int32, Sendable, Hashable, CaseIterable {
    /// The host's memory and processors.
    case cpu = 0
    /// An NVIDIA GPU; there when libtorch's CUDA half could be opened.
    case cuda = 1
    /// Shapes and dtypes without memory.
    case meta = 14
  }

  /// The kind of the device.
  public let kind: Kind
  /// Which of several; 0 where there is only one.
  public let index: Int

  /// The host's memory.
  public static let cpu = Device(kind: .cpu, index: 0)
  /// No memory at all: tensors there have shapes and dtypes only, and operations compute just these.
  public static let meta = Device(kind: .meta, index: 0)
  /// The GPU with this index.
  public static func cuda(_ index: Int) -> Device { Device(kind: .cuda, index: index) }

  /// "cpu", "meta" or "cuda:1".
  public var description: String {
    kind == .cuda ? "cuda:\(index)" : "\(kind)"
  }

  /// The device as C passes it.
  var raw: ct_device {
    ct_device(type: kind.rawValue, index: kind == .cuda ? Int32(index) : -1)
  }

  init(raw: ct_device) {
    guard let kind = Kind(rawValue: raw.type) else {
      preconditionFailure("a tensor on a device of type \(raw.type), which this library does not know")
    }
    self.init(kind: kind, index: max(0, Int(raw.index)))
  }

  private init(kind: Kind, index: Int) {
    self.kind = kind
    self.index = index
  }
}
