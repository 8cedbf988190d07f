"""cmake and clang building the allocator itself (fast and debug, with -O3), C++ full of templates, and the static
analyzer over some of it: the objects and what the analyzer says must be the same to the byte."""
import hashlib

from harness import ROOT

LISTS = """
cmake_minimum_required(VERSION 3.20)
project(soak C CXX)
find_package(Threads REQUIRED)
include(CheckIncludeFile)
include(CheckCXXSourceCompiles)
foreach(header stdint.h sys/mman.h linux/futex.h no/such/header.h)
  string(MAKE_C_IDENTIFIER have_${header} name)
  check_include_file(${header} ${name})
  message("${name} ${${name}}")
endforeach()
check_cxx_source_compiles("#include <concepts>\\nint main() { return std::same_as<int, long>; }" CONCEPTS)
file(GLOB sources CONFIGURE_DEPENDS "${NATIVE}/src/*.c")
foreach(build fast debug)
  add_library(spaces-${build} SHARED ${sources})
  set_target_properties(spaces-${build} PROPERTIES C_VISIBILITY_PRESET hidden C_STANDARD 11 C_EXTENSIONS ON)
  target_compile_definitions(spaces-${build} PRIVATE SPACES_SHARED)
  target_compile_options(spaces-${build} PRIVATE -fno-builtin-malloc -ftls-model=initial-exec)
  target_link_libraries(spaces-${build} PRIVATE Threads::Threads)
endforeach()
target_compile_definitions(spaces-debug PRIVATE SPACES_DEBUG)
add_executable(templates templates.cpp)
set_target_properties(templates PROPERTIES CXX_STANDARD 20)
"""

TEMPLATES = """
#include <bits/stdc++.h>
template <int N> struct Fold { static constexpr unsigned long value = Fold<N - 1>::value * 31 + N; };
template <> struct Fold<0> { static constexpr unsigned long value = 1; };
template <typename... T> auto all(T... t) { return std::tuple<std::vector<T>...>{std::vector<T>{t}...}; }
constexpr auto sieve() {
    std::array<bool, 4000> a{};
    for (size_t i = 2; i < a.size(); i++)
        for (size_t j = i * i; j < a.size(); j += i) a[j] = true;
    return a;
}
int main() {
    static_assert(!sieve()[3989]);
    std::regex words("([a-z]+)-(\\\\d+)");
    std::map<std::string, std::variant<int, std::string, std::vector<double>>> m;
    m["a-12"] = 1, m["b"] = "x", m["c-3"] = std::vector<double>{1, 2};
    unsigned long n = Fold<800>::value;
    for (auto &[k, v] : m)
        n += std::regex_match(k, words) + std::visit([](auto &x) { return sizeof x; }, v);
    auto t = all(1, 2.0, 'c', std::string("d"), std::make_unique<int>(3).get());
    std::vector<int> v(1000);
    std::iota(v.begin(), v.end(), 0);
    for (int i : v) n += i % 2 ? i * i : 0;
    std::sort(v.begin(), v.end(), std::greater<>{});
    std::cout << n + v[0] + std::get<0>(t).size() << "\\n";
}
"""


def _digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def run(job):
    """What cmake found, digests of every object and library, and the analyzer's words."""
    native = ROOT / 'native'
    (job.folder / 'CMakeLists.txt').write_text(LISTS)
    (job.folder / 'templates.cpp').write_text(TEMPLATES)
    output = job.run(['cmake', '-S', '.', '-B', 'build', '-G', 'Unix Makefiles', '-DCMAKE_C_COMPILER=clang',
                      '-DCMAKE_CXX_COMPILER=clang++', '-DCMAKE_BUILD_TYPE=Release', f'-DNATIVE={native}'])
    told = [line for line in output.splitlines() if line.startswith('have_')]
    job.run(['cmake', '--build', 'build', '-j', '2'], seconds=900)
    told += [f'{path.relative_to(job.folder)} {_digest(path)}'
             for path in sorted(job.folder.glob('build/**/*')) if path.suffix in ('.o', '.so')]
    told.append(job.run([job.folder / 'build/templates'], counted=False))
    for name in ('eh_frame', 'chunk', 'format'):
        job.run(['clang', '--analyze', '-std=gnu11', '--analyzer-output', 'text', '-o', 'analysis',
                 native / f'src/{name}.c'], name=f'analyze-{name}')
        told.append(job.tail(f'analyze-{name}'))
    return '\n'.join(told)
