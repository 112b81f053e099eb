"""llama.cpp's own server for tests: `peer.py MODEL.gguf KEY`.

Prints `LISTENING URL` when it answers, and ends when its standard input does, so that no test leaves it behind.
"""

import sys

import xllamacpp

parameters = xllamacpp.CommonParams()
parameters.model.path = sys.argv[1]
parameters.hostnames = ["127.0.0.1"]
parameters.port = 0
parameters.n_ctx = 4096
parameters.n_parallel = 1
parameters.warmup = False
# Two threads are what the smallest machines have; more would take them from what else is tested meanwhile.
parameters.cpuparams.n_threads = 2
parameters.cpuparams_batch.n_threads = 2
parameters.model_alias = {"peer"}
if len(sys.argv) > 2:
    parameters.api_keys = [sys.argv[2]]
server = xllamacpp.Server(parameters)
print("LISTENING", server.listening_address, flush=True)
sys.stdin.read()
