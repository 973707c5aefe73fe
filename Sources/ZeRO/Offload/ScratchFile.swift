import AsyncFiles
import Glibc

/// Scratch files of one rank, made below `nvme_path` in folders of their own.
///
/// A file loses its name as soon as it is open, and the folders go with it: it lives until this process closes it or
/// dies. So nothing is left behind after the run, however it ends.
enum ScratchFile {
  /// Opens a file of `byteCount` zeros, in place of what an earlier run of other software left there.
  ///
  /// - Parameters:
  ///   - place: folders and name below `drive`, such as `zero_stage_3/optimizer/rank0/0_fp32.tensor.swp`.
  ///   - drive: a folder, made where it does not exist.
  /// - Throws: `AsyncFileError` naming the path, as when the disk is full.
  static func open(_ place: String, in drive: String, byteCount: Int = 0) throws(AsyncFileError) -> AsyncFile {
    let path = "\(drive)/\(place)"
    for folder in folders(above: "\(drive)/") { try make(folder) }
    let own = folders(above: path).filter { $0.count > drive.count }
    defer { removeEmpty(own) }
    while true {
      // Another rank may remove a folder that both use, between its making and its use.
      for folder in own { try make(folder, mayVanish: true) }
      unlink(path)
      let file: AsyncFile
      do {
        file = try AsyncFile(path: path, mode: .scratch)
      } catch {
        guard error.code == ENOENT else { throw error }
        continue
      }
      try file.reserve(byteCount: byteCount)
      // Where space cannot be set aside the file has its length all the same.
      if try file.byteCount < byteCount { try file.truncate(to: byteCount) }
      return file
    }
  }

  /// The paths of the folders above a file, from the outermost on.
  private static func folders(above path: String) -> [String] {
    path.indices.dropFirst().filter { path[$0] == "/" }.map { String(path[..<$0]) }
  }

  private static func make(_ path: String, mayVanish: Bool = false) throws(AsyncFileError) {
    guard mkdir(path, 0o755) != 0, errno != EEXIST, !(mayVanish && errno == ENOENT) else { return }
    throw AsyncFileError(.system(.makeFolder, path: path, code: errno))
  }

  /// Removes the folders that are empty now; those of other ranks keep what lies above them.
  private static func removeEmpty(_ folders: [String]) {
    for folder in folders.reversed() where rmdir(folder) != 0 { return }
  }
}
