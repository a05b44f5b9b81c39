# Read by CMake when it configures llama.cpp inside llama-cpp-python: its command-line helpers are not built.
set(LLAMA_BUILD_COMMON OFF CACHE BOOL "" FORCE)
