/// Numbers as people read them.
public enum NumberText {
  /// A number with a fixed count of digits after the point; `nan` and `inf` as words.
  public static func fixed(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    let scale = (0..<digits).reduce(1.0) { result, _ in result * 10 }
    let scaled = (abs(value) * scale).rounded(.toNearestOrEven)
    guard scaled < 9e15 else { return "\(value)" }
    let number = Int(scaled)
    let whole = number / Int(scale)
    let sign = value < 0 && number != 0 ? "-" : ""
    if digits == 0 { return sign + "\(whole)" }
    let fraction = String(number % Int(scale))
    return "\(sign)\(whole)." + String(repeating: "0", count: digits - fraction.count) + fraction
  }

  /// A number with three or four significant digits, and a power of ten where it is tiny or huge: `0.0021`,
  /// `3.0e-05`, `12.35`, `1.2e+07`.
  public static func short(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return value == 0 ? "0" : fixed(value, 0) }
    var exponent = 0
    var mantissa = abs(value)
    while mantissa >= 9.95 {
      mantissa /= 10
      exponent += 1
    }
    while mantissa < 0.995 {
      mantissa *= 10
      exponent -= 1
    }
    let sign = value < 0 ? "-" : ""
    if exponent < -3 || exponent > 6 {
      let digits = abs(exponent) < 10 ? "0\(abs(exponent))" : "\(abs(exponent))"
      return "\(sign)\(fixed(mantissa, 1))e\(exponent < 0 ? "-" : "+")\(digits)"
    }
    return fixed(value, max(0, min(5, 3 - exponent)))
  }

  /// A count with a comma between groups of three digits: `1,234,567`.
  public static func grouped(_ value: Int) -> String {
    var digits = String(value.magnitude)[...]
    var groups: [Substring] = []
    while digits.count > 3 {
      groups.insert(digits.suffix(3), at: 0)
      digits = digits.dropLast(3)
    }
    groups.insert(digits, at: 0)
    return (value < 0 ? "-" : "") + groups.joined(separator: ",")
  }

  /// A number of bytes with a binary unit: `512 B`, `1.50 GiB`.
  public static func bytes(_ count: Int) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
    var value = Double(count)
    var unit = 0
    while abs(value) >= 1024, unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    return unit == 0 ? "\(count) B" : "\(fixed(value, 2)) \(units[unit])"
  }

  /// A time: `42s`, `03:07`, `1:02:33`, `2d 03:04`.
  public static func duration(seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "--" }
    let total = Int(seconds.rounded())
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let (days, hours, minutes) = (total / 86_400, total / 3600 % 24, total / 60 % 60)
    if days > 0 { return "\(days)d \(two(hours)):\(two(minutes))" }
    if hours > 0 { return "\(hours):\(two(minutes)):\(two(total % 60))" }
    return minutes > 0 ? "\(two(minutes)):\(two(total % 60))" : "\(total)s"
  }
}
