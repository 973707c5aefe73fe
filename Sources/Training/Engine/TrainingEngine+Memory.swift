import Collectives
import Layers
import Optimizers
import Torch
public import ZeRO

extension TrainingEngine {
  /// Bytes of this rank's model states, measured from the tensors that hold them: frozen parameters included,
  /// gradients as they stand.
  public var modelStateBytes: ModelStateFormula.Bytes {
    optimizer.modelStateBytes
  }

  /// What ZeRO's formula says for this engine.
  public var modelStateFormula: ModelStateFormula {
    let elements = optimizer.groups.reduce(0) { total, group in
      total + group.flat.layout.members.reduce(0) { $0 + $1.elementCount }
    }
    let moments = optimizer.groups.map { $0.rule.stateNames.count }.max() ?? 0
    return ModelStateFormula(
      elementCount: elements, frozenElementCount: frozenElementCount, parameterByteCount: settings.dtype.byteCount,
      gradientByteCount: (settings.zero.gradientDType ?? settings.dtype).byteCount, momentCount: moments,
      stage: settings.zero.stage, rankCount: processGroup.size,
      copyCount: processGroup.size / optimizer.shardGroup.size)
  }

  /// Elements of padding for each trained one, which the formula leaves out; 0 when nothing is trained.
  public var paddingShare: Double {
    let elements = modelStateFormula.elementCount
    let padded = optimizer.groups.reduce(0) { $0 + $1.flat.layout.elementCount }
    return elements > 0 ? Double(padded) / Double(elements) - 1 : 0
  }

  private var frozenElementCount: Int {
    let named = (try? model.namedParameters()) ?? []
    return named.filter { !$0.parameter.isTrainable }.reduce(0) { $0 + $1.parameter.elementCount }
  }
}
