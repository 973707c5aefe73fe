import AsyncFiles
import Glibc

/// Folders for scratch files.
enum FolderTree {
  /// Makes the folders above `path` where they do not exist.
  ///
  /// - Throws: `AsyncFileError` naming the folder that cannot be made.
  static func make(parentOf path: String) throws(AsyncFileError) {
    var end = path.startIndex
    while let slash = path[path.index(after: end)...].firstIndex(of: "/") {
      let folder = String(path[..<slash])
      if mkdir(folder, 0o755) != 0, errno != EEXIST {
        throw AsyncFileError(.system(.open, path: folder, code: errno))
      }
      end = slash
    }
  }
}
