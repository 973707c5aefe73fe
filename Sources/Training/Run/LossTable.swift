import Checkpoints

import Glibc

/// The CSV file of every optimizer step: `step,loss,lr,grad_norm,loss_scale,tokens_per_second,samples`.
final class LossTable {
  static let header = "step,loss,lr,grad_norm,loss_scale,tokens_per_second,samples"
  private let path: String
  private let descriptor: Int32

  /// Begins the file, or goes on after the rows up to step `resumedStep`.
  ///
  /// - Throws: `FileSystemError`.
  init(path: String, resumedStep: Int) throws {
    self.path = path
    let kept = resumedStep > 0 ? LossTable.rows(of: path, upTo: resumedStep) : []
    try AtomicFile.write(([LossTable.header] + kept).joined(separator: "\n") + "\n", to: path)
    descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileSystemError("append to", path, code: errno) }
  }

  private static func rows(of path: String, upTo step: Int) -> [String] {
    guard let file = fopen(path, "r") else { return [] }
    defer { fclose(file) }
    var rows: [String] = []
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }
    while getline(&line, &capacity, file) > 0, let text = line {
      let row = String(cString: text).split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
      if let number = row.split(separator: ",").first.flatMap({ Int($0) }), number <= step { rows.append(row) }
    }
    return rows
  }

  func append(_ report: StepReport) throws {
    let row =
      "\(report.step),\(report.loss),\(report.learningRate),\(report.gradientNorm),\(report.lossScale),"
      + "\(Double((report.tokensPerSecond * 10).rounded() / 10)),\(report.globalSamples)\n"
    var rest = Array(row.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw FileSystemError("append to", path, code: count < 0 ? errno : ENOSPC) }
      rest = rest.dropFirst(count)
    }
  }

  deinit { close(descriptor) }
}
