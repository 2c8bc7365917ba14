#!/bin/sh
# Build llama-batched-bench and llama-server from the sources that the installed llama-cpp-python ships, for
# engine_benchmark.py; they compute with the installed library's own kernels, as the engine does. On processors with AMX,
# whose kernels crash if GCC compiles them, they have kernels of their own without it, as the engine leaves it out.
# Usage: benchmarks/build_tools.sh FOLDER [JOBS]; it needs cmake, ninja and a C++ compiler, and takes some minutes.
set -eu
folder=$1
jobs=${2:-2}
version=$(python -c 'from importlib.metadata import version; print(version("llama-cpp-python"))')
installed=$(python -c 'from importlib.util import find_spec; print(find_spec("llama_cpp").submodule_search_locations[0])')
kernels=
grep -qs amx_tile /proc/cpuinfo && kernels="-DGGML_NATIVE=OFF -DGGML_SSE42=ON -DGGML_AVX2=ON -DGGML_BMI2=ON -DGGML_FMA=ON
    -DGGML_F16C=ON -DGGML_AVX512=ON -DGGML_AVX512_VBMI=ON -DGGML_AVX512_VNNI=ON -DGGML_AVX512_BF16=ON -DGGML_AVX_VNNI=ON"
mkdir -p "$folder"
cd "$folder"
python -m pip download --quiet --no-binary llama-cpp-python --no-deps "llama-cpp-python==$version"
tar -xzf "llama_cpp_python-$version.tar.gz"
cmake -S "llama_cpp_python-$version/vendor/llama.cpp" -B build -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DBUILD_SHARED_LIBS=ON -DLLAMA_BUILD_TESTS=OFF -DLLAMA_OPENSSL=OFF $kernels
nice cmake --build build --target llama-batched-bench llama-server --parallel "$jobs"
[ -n "$kernels" ] || cp --remove-destination "$installed"/lib/libggml* build/bin/
ln -sf build/bin/llama-batched-bench build/bin/llama-server .
