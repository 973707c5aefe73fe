"""Writes the defaults of Python DeepSpeed's configuration as one JSON object, path -> default.

    python tools/golden/config_defaults.py > Tests/RunSettingsTests/Fixtures/config_defaults.json

Made with deepspeed 0.19.8 and torch 2.11.0. The defaults come from the pydantic models where a section has one,
from the parsed configuration where it is read by hand, and from the signatures of optimizers and schedules.
Sections that 0.19.8 no longer has (compression, elasticity and others) are not here.
"""
import enum
import inspect
import json
import os
import pathlib
import sys

os.environ.setdefault("DS_ACCELERATOR", "cpu")
import torch
from deepspeed.comm.config import CommsLoggerConfig
from deepspeed.compile.config import CompileConfig
from deepspeed.inference.config import (ActivationQuantConfig, DeepSpeedInferenceConfig, DeepSpeedMoEConfig,
                                        DeepSpeedTPConfig, InferenceCheckpointConfig, WeightQuantConfig)
from deepspeed.inference.v2.ragged.manager_configs import DSStateManagerConfig, MemoryConfig
from deepspeed.module_inject.auto_ep_config import AutoEPConfig, _UNSET
from deepspeed.monitor.config import CometConfig, CSVConfig, TensorBoardConfig, WandbConfig
from deepspeed.ops.adagrad.cpu_adagrad import DeepSpeedCPUAdagrad
from deepspeed.ops.adam.fused_adam import FusedAdam
from deepspeed.ops.lamb.fused_lamb import FusedLamb
from deepspeed.ops.lion.fused_lion import FusedLion
from deepspeed.runtime import lr_schedules
from deepspeed.runtime.config import DeepSpeedConfig, HybridEngineConfig
from deepspeed.runtime.model_checkpointing.config import get_checkpoint_writer_config
from deepspeed.runtime.precision_config import DeepSpeedBF16Config, DeepSpeedFP16Config
from deepspeed.runtime.tensor_parallel.config import TPConfig, TPTrainingConfig
from deepspeed.runtime.zenflow.zenflow_config import ZenFlowConfig
from deepspeed.runtime.zero.config import DeepSpeedZeroConfig
from deepspeed.runtime.zero.leaf_module_config import DeepSpeedZeroLeafModuleConfig
from deepspeed.runtime.zero.offload_config import (DeepSpeedZeroOffloadOptimizerConfig,
                                                   DeepSpeedZeroOffloadParamConfig)
from deepspeed.utils.config import DeepSpeedThroughputTimerConfig

DTYPES = {torch.float16: "fp16", torch.bfloat16: "bf16", torch.float32: "fp32"}
defaults = {}


def plain(value):
    if isinstance(value, torch.dtype):
        return DTYPES[value]
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, pathlib.Path):
        return str(value)
    if isinstance(value, tuple):
        return list(value)
    return value


def model(path, cls, skip=()):
    """Defaults of a pydantic model, by the alias where there is one, without deprecated fields."""
    for name, field in cls.model_fields.items():
        extra = field.json_schema_extra or {}
        if extra.get("deprecated") or name in skip:
            continue
        defaults[f"{path}.{field.alias or name}"] = plain(field.get_default(call_default_factory=True))


def mapping(path, values):
    for key, value in values.items():
        if isinstance(value, dict):
            mapping(f"{path}.{key}", value)
        else:
            defaults[f"{path}.{key}"] = plain(value)


def signature(path, function, skip):
    for name, parameter in inspect.signature(function).parameters.items():
        if name in skip or parameter.default is inspect.Parameter.empty:
            continue
        defaults[f"{path}.{name}"] = plain(parameter.default)


model("zero_optimization", DeepSpeedZeroConfig,
      skip=("offload_param", "offload_optimizer", "zenflow", "leaf_module"))
model("zero_optimization.offload_param", DeepSpeedZeroOffloadParamConfig)
model("zero_optimization.offload_optimizer", DeepSpeedZeroOffloadOptimizerConfig)
model("zero_optimization.zenflow", ZenFlowConfig, skip=("steps_per_epoch", ))
model("zero_optimization.leaf_module", DeepSpeedZeroLeafModuleConfig)
model("fp16", DeepSpeedFP16Config)
model("bf16", DeepSpeedBF16Config)
model("comms_logger", CommsLoggerConfig)
model("tensorboard", TensorBoardConfig)
model("csv_monitor", CSVConfig)
model("wandb", WandbConfig)
model("comet", CometConfig)
model("compile", CompileConfig)
model("hybrid_engine", HybridEngineConfig)
model("timers.throughput", DeepSpeedThroughputTimerConfig)
model("tensor_parallel", TPTrainingConfig, skip=("tensor_parallel", "partition_config"))
model("tensor_parallel.tp", TPConfig)
model("weight_quantization", WeightQuantConfig, skip=("quantized_initialization", "post_init_quant"))

nested = ("tensor_parallel", "zero", "moe", "quant", "checkpoint_config")
model("init_inference", DeepSpeedInferenceConfig, skip=nested)
model("init_inference.tensor_parallel", DeepSpeedTPConfig)
model("init_inference.moe", DeepSpeedMoEConfig)
model("init_inference.quant.activation", ActivationQuantConfig)
model("init_inference.checkpoint_config", InferenceCheckpointConfig)
model("ragged.state_manager", DSStateManagerConfig, skip=("memory_config", ))
model("ragged.state_manager.memory_config", MemoryConfig)

config = DeepSpeedConfig({"train_batch_size": 1})
for key in """managed_gradient_accumulation gradient_clipping communication_data_type
    seq_parallel_communication_data_type prescale_gradients gradient_predivide_factor gradient_allreduce_op
    disable_allgather steps_per_print wall_clock_breakdown memory_breakdown dump_state log_level
    dataloader_drop_last disable_python_gc zero_allow_untested_optimizer zero_force_ds_cpu_optimizer""".split():
    defaults[key] = plain(getattr(config, key))
defaults["use_data_before_expert_parallelism"] = config.use_data_before_expert_parallel_
defaults["optimizer.legacy_fusion"] = config.optimizer_legacy_fusion
defaults["torch_autocast.enabled"] = config.torch_autocast_enabled
for key in ("grad_accum_dtype", "param_dtype", "buffer_dtype", "keep_in_fp32_modules"):
    defaults[f"data_types.{key}"] = getattr(config, key)
mapping("aio", config.aio_config)
mapping("pipeline", config.pipeline)
mapping("data_efficiency", config.data_efficiency_config)
mapping("activation_checkpointing", vars(config.activation_checkpointing_config))
mapping("flops_profiler", vars(config.flops_profiler_config))
tuning = dict(vars(config.autotuning_config))
for unused in ("start_step", "end_step", "model_info"):
    tuning.pop(unused, None)
mapping("autotuning", tuning)
checkpoint = dict(config.checkpoint_config)
checkpoint.pop("writer")
mapping("checkpoint", checkpoint)
mapping("checkpoint.writer", get_checkpoint_writer_config({"writer": {}}))
defaults["checkpoint.load_universal"] = config.load_universal_checkpoint
defaults["checkpoint.use_node_local_storage"] = config.use_node_local_storage
defaults["checkpoint.parallel_write.pipeline_stage"] = config.checkpoint_parallel_write_pipeline
for name, value in vars(AutoEPConfig()).items():
    if not name.startswith("_"):
        defaults[f"expert_parallel.{name}"] = None if value is _UNSET else plain(value)

params = ("params", "model_params", "self", "optimizer")
signature("optimizer.params(Adam)", FusedAdam.__init__, params)
signature("optimizer.params(Lamb)", FusedLamb.__init__, params)
signature("optimizer.params(Lion)", FusedLion.__init__, params + ("set_grad_none", ))
signature("optimizer.params(Adagrad)", DeepSpeedCPUAdagrad.__init__, params)
signature("optimizer.params(SGD)", torch.optim.SGD.__init__, params + ("foreach", "differentiable", "fused"))
for schedule in ("LRRangeTest", "OneCycle", "WarmupLR", "WarmupDecayLR", "WarmupCosineLR"):
    signature(f"scheduler.params({schedule})", getattr(lr_schedules, schedule).__init__, params)

json.dump(dict(sorted(defaults.items())), sys.stdout, indent=1)
print()
