internal import CTorch

/// Carries the error that a Swift closure threw through C++ and back.
final class ErrorBox {
  let error: any Error

  init(_ error: any Error) {
    self.error = error
  }

  /// Runs a closure's body for C++: nil on success, else an owned box with its error.
  static func capture(_ body: () throws -> Void) -> UnsafeMutableRawPointer? {
    do {
      try body()
      return nil
    } catch {
      return Unmanaged.passRetained(ErrorBox(error)).toOpaque()
    }
  }

  /// The error of a box that C++ hands back.
  static func takeError(fromOwned object: UnsafeMutableRawPointer) -> any Error {
    Unmanaged<ErrorBox>.fromOpaque(object).takeRetainedValue().error
  }
}

extension ct_owned {
  /// One reference to `object`, given to C++.
  init(giving object: AnyObject) {
    self.init(
      object: Unmanaged.passRetained(object).toOpaque(),
      release: { Unmanaged<AnyObject>.fromOpaque($0).release() })
  }
}
