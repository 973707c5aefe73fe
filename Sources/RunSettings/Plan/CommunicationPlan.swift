/// How gradients of the ranks become one.
public struct ReductionPlan: Sendable, Equatable {
  /// Type in which gradients travel.
  public let dataType: FloatType
  /// Whether they are averaged or summed.
  public let operation: GradientReduction
  /// Whether they are divided by the number of ranks before the reduction instead of after it.
  public let prescales: Bool
  /// Divisor applied before the reduction; the rest of the averaging follows after it.
  public let predivideFactor: Double
}

/// The log of collective operations.
public struct CommsLoggerPlan: Sendable, Equatable {
  /// Whether each operation is printed.
  public let isVerbose: Bool
  /// Whether the caller is part of an operation's name.
  public let includesCaller: Bool
  /// Operations that are timed; nil means all.
  public let operations: [CommunicationName]?
}

extension ReductionPlan {
  init(_ settings: Settings<RunKeys>, gradients: FloatType) {
    dataType = settings.communicationDataType ?? gradients
    operation = settings.gradientReduction
    prescales = settings.prescalesGradients
    predivideFactor = settings.gradientPredivideFactor
  }
}

extension CommsLoggerPlan {
  init?(_ keys: Settings<CommsLoggerKeys>) {
    guard keys.enabled else { return nil }
    isVerbose = keys.isVerbose
    includesCaller = keys.includesCaller
    operations = keys.profilesAll ? nil : keys.operations
  }
}
