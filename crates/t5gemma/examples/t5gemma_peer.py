"""What `t5gemma_bench run` measures, with Hugging Face's transformers on the CPU.

Needs torch and transformers from PyPI. Prints one JSON object; with the same folder the first token ids are the same.

    python3 t5gemma_peer.py DIR [SOURCE_TOKENS] [OUTPUT_TOKENS] [REPETITIONS]
"""

import json
import resource
import statistics
import sys
import time

import torch
from transformers import T5GemmaForConditionalGeneration
from transformers.modeling_outputs import BaseModelOutput


def main() -> None:
    path, *numbers = sys.argv[1:]
    n_source, n_output, repetitions = ([int(text) for text in numbers] + [512, 32, 3][len(numbers):])
    started = time.perf_counter()
    model = T5GemmaForConditionalGeneration.from_pretrained(path, dtype=torch.float32, attn_implementation="eager").eval()
    load_s = time.perf_counter() - started
    vocab = model.config.encoder.vocab_size
    source = torch.tensor([[200 + n * 7919 % (vocab - 200) for n in range(n_source)]])
    mask = torch.ones_like(source)
    encode, decode, ids = [], [], []
    with torch.inference_mode():
        for repetition in range(repetitions + 1):
            started = time.perf_counter()
            hidden = model.get_encoder()(input_ids=source, attention_mask=mask).last_hidden_state
            encode_s = time.perf_counter() - started
            started = time.perf_counter()
            # The end tokens are suppressed, so that every run writes as many tokens as ours.
            output = model.generate(
                encoder_outputs=BaseModelOutput(last_hidden_state=hidden),
                attention_mask=mask,
                max_new_tokens=n_output,
                min_new_tokens=n_output,
                do_sample=False,
            )
            if repetition > 0:
                encode.append(n_source / encode_s)
                decode.append(n_output / (time.perf_counter() - started))
            ids = output[0, 1:9].tolist()
    print(json.dumps({
        "path": path,
        "params": sum(weight.numel() for weight in model.parameters()),
        "source_tokens": n_source,
        "output_tokens": n_output,
        "load_s": load_s,
        "encode_tokens_per_s": statistics.median(encode),
        "decode_tokens_per_s": statistics.median(decode),
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "first_ids": ids,
        "threads": torch.get_num_threads(),
    }))


if __name__ == "__main__":
    main()
