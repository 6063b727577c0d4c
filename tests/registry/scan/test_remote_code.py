"""Configurations as published models have them name no code: what is standard passes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pedigree.registry.scan.checks import CONTENTS, run_checks
from pedigree.registry.scan.subject import look_at
from registry.scan.models import safetensors, weights

_ROPE = {"factor": 8.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192, "rope_type": "llama3"}
_QUANTIZED = {
    "config_groups": {"group_0": {"targets": ["Linear"], "weights": {"num_bits": 8, "type": "float"}}},
    "format": "float-quantized", "ignore": ["lm_head", "re:.*self_attn.*"], "quant_method": "compressed-tensors",
}  # fmt: skip
_WHISPERED = {"content": "os.system", "lstrip": False, "special": True}
# What the configurations of these families hold, by file.
MODELS: dict[str, dict[str, Any]] = {
    "llama": {
        "config.json": {
            "architectures": ["LlamaForCausalLM"],
            "attention_bias": False,
            "bos_token_id": 1,
            "eos_token_id": [2, 3],
            "hidden_act": "silu",
            "hidden_size": 64,
            "model_type": "llama",
            "rope_scaling": _ROPE,
            "tie_word_embeddings": False,
            "torch_dtype": "bfloat16",
            "transformers_version": "4.43.0",
            "vocab_size": 128256,
        },
        "generation_config.json": {"do_sample": True, "eos_token_id": [2, 3], "temperature": 0.6, "top_p": 0.9},
        "tokenizer_config.json": {
            "added_tokens_decoder": {"0": _WHISPERED},
            "bos_token": "<|begin_of_text|>",
            "clean_up_tokenization_spaces": True,
            "model_input_names": ["input_ids", "attention_mask"],
            "tokenizer_class": "PreTrainedTokenizerFast",
        },
    },
    "qwen": {
        "config.json": {
            "architectures": ["Qwen3ForCausalLM"],
            "attention_dropout": 0.0,
            "head_dim": 128,
            "model_type": "qwen3",
            "layer_types": ["full_attention", "sliding_attention"],
            "max_window_layers": 28,
            "rope_theta": 1000000,
            "dtype": "bfloat16",
            "use_sliding_window": False,
            "quantization_config": _QUANTIZED,
        },
        "tokenizer_config.json": {
            "additional_special_tokens": ["<|im_start|>"],
            "errors": "replace",
            "split_special_tokens": False,
            "tokenizer_class": "Qwen2Tokenizer",
            "unk_token": None,
            "extra_special_tokens": {"image_token": "acme.net.Img"},
        },
        "preprocessor_config.json": {
            "image_processor_type": "Qwen2VLImageProcessor",
            "processor_class": "Qwen2_5_VLProcessor",
        },
    },
    "bert": {
        "config.json": {
            "architectures": ["BertForMaskedLM"],
            "gradient_checkpointing": False,
            "hidden_act": "gelu",
            "id2label": {"0": "A.B"},
            "label2id": {"A.B": 0},
            "model_type": "bert",
            "position_embedding_type": "absolute",
            "type_vocab_size": 2,
            "problem_type": "single_label_classification",
            "summary_activation": None,
            "activation_function": "gelu_new",
        },
        "tokenizer_config.json": {"do_lower_case": True, "model_max_length": 512, "tokenizer_class": "BertTokenizer"},
        "special_tokens_map.json": {"cls_token": "[CLS]", "mask_token": "[MASK]", "unk_token": "[UNK]"},
    },
    "minilm": {
        "config.json": {
            "_name_or_path": "nreimers/MiniLM-L6-H384-uncased",
            "architectures": ["BertModel"],
            "model_type": "bert",
        },
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense"},
            {"idx": 3, "name": "3", "path": "3_Normalize", "type": "sentence_transformers.base.models.Normalize"},
        ],
        "1_Pooling/config.json": {"word_embedding_dimension": 384, "pooling_mode_mean_tokens": True},
        "2_Dense/config.json": {"in_features": 384, "activation_function": "torch.nn.modules.activation.Tanh"},
        "sentence_bert_config.json": {"max_seq_length": 256, "do_lower_case": False},
        "config_sentence_transformers.json": {
            "__version__": {"sentence_transformers": "3.0.0", "pytorch": "2.1"},
            "prompts": {"query": "query: "},
            "similarity_fn_name": "cosine",
        },
    },
    "cross encoder": {
        "config.json": {
            "sentence_transformers": {"activation_fn": "torch.nn.modules.linear.Identity", "version": "4.0.1"}
        },
    },
    "pipeline": {
        "model_index.json": {
            "_class_name": "StableDiffusionPipeline",
            "_diffusers_version": "0.30.0",
            "feature_extractor": [None, None],
            "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
            "unet": ["diffusers", "UNet2DConditionModel"],
            "text_encoder": ["transformers", "CLIPTextModel"],
            "requires_safety_checker": True,
        },
        "unet/config.json": {
            "_class_name": "UNet2DConditionModel",
            "act_fn": "silu",
            "down_block_types": ["DownBlock2D"],
        },
        "scheduler/scheduler_config.json": {"_class_name": "PNDMScheduler", "beta_schedule": "scaled_linear"},
    },
    "keras": {
        "config.json": {
            "module": "keras.src.models.functional",
            "class_name": "Functional",
            "registered_name": "Functional",
            "config": {
                "layers": [
                    {
                        "module": "keras.layers",
                        "class_name": "Dense",
                        "registered_name": None,
                        "config": {
                            "dtype": {
                                "module": "keras",
                                "class_name": "DTypePolicy",
                                "registered_name": None,
                                "config": {"name": "float32"},
                            },
                            "kernel_initializer": {"module": "keras.initializers", "class_name": "Zeros", "config": {}},
                        },
                    },
                    {
                        "module": "keras_hub.src.models.bert",
                        "class_name": "BertBackbone",
                        "registered_name": "keras_hub>BertBackbone",
                        "config": {},
                    },
                ]
            },
        },
    },
    "adapter": {
        "adapter_config.json": {
            "base_model_name_or_path": "org/base",
            "bias": "none",
            "peft_type": "LORA",
            "task_type": "CAUSAL_LM",
            "target_modules": ["q_proj", "model.layers.0.mlp.down_proj"],
            "modules_to_save": ["model.norm"],
            "auto_mapping": None,
        },
    },
    "index": {
        "model.safetensors.index.json": {
            "weight_map": {"model.embed_tokens.weight": "model-00001-of-00002.safetensors"}
        },
    },
}


def remote_code(directory: Path) -> list[str]:
    (found,) = run_checks({"remote-code": CONTENTS["remote-code"]}, look_at(directory))
    return [str(finding) for finding in found.findings]


@pytest.mark.parametrize("family", MODELS)
def test_what_published_models_say_passes(tmp_path: Path, family: str) -> None:
    for name, document in MODELS[family].items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(json.dumps(document))
    assert remote_code(tmp_path) == []


def test_what_trainers_write_beside_weights_passes(tmp_path: Path) -> None:
    metadata = {
        "format": "pt", "ss_network_module": "networks.lora", "ss_optimizer": "torch.optim.AdamW(lr=0.1)",
        "ss_tag_frequency": '{"cat": {"a cat": 3}}', "modelspec.architecture": "stable-diffusion-v1/lora",
    }  # fmt: skip
    (tmp_path / "model.safetensors").write_bytes(safetensors(weights(), metadata))
    assert remote_code(tmp_path) == []


def test_weights_that_are_none_are_no_matter_of_this_check(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"\xff" * 64)
    assert remote_code(tmp_path) == []
