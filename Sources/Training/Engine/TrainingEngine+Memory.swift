import Collectives
import Layers
import Optimizers
import Torch
public import ZeRO

extension TrainingEngine {
  /// Bytes of this rank's model states, measured from the tensors that hold them: frozen parameters included,
  /// gradients as they stand.
  public var modelStateBytes: ModelStateFormula.Bytes {
    var bytes = optimizer.modelStateBytes
    bytes.parameters += frozenElementCount * settings.dtype.byteCount
    return bytes
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
      stage: settings.zero.stage, rankCount: processGroup.size)
  }

  private var frozenElementCount: Int {
    let named = (try? model.namedParameters()) ?? []
    return named.filter { !$0.parameter.isTrainable }.reduce(0) { $0 + $1.parameter.elementCount }
  }
}
