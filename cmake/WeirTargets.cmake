# How Weir's folders become targets: one library a folder, one test program a folder of tests.

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)

add_library(weir_options INTERFACE)
target_compile_features(weir_options INTERFACE cxx_std_20)
target_compile_options(weir_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Werror=return-type
  -fno-plt -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)
if(WEIR_WERROR)
  target_compile_options(weir_options INTERFACE -Werror)
endif()
target_link_libraries(weir_options INTERFACE fmt::fmt spdlog::spdlog Threads::Threads)

# The one precompiled header: the standard library, fmt and spdlog.
add_library(weir_pch STATIC ${CMAKE_CURRENT_LIST_DIR}/pch.cc)
target_link_libraries(weir_pch PUBLIC weir_options)
# Named by <>, so that no path of this tree is part of it: the compiler cache serves other clones, too.
target_include_directories(weir_pch PRIVATE ${CMAKE_CURRENT_LIST_DIR})
target_precompile_headers(weir_pch PRIVATE <pch.h>)

# What libFuzzer has to see of code to find its way through it. Code that has it runs anywhere else, too: AddressSanitizer
# defines what it calls.
set(WEIR_FUZZ_COVERAGE "")
if(WEIR_FUZZ)
  set(WEIR_FUZZ_COVERAGE -fsanitize-coverage=inline-8bit-counters,indirect-calls,trace-cmp,pc-table)
endif()

# weir_library(<folder> [FUZZED] DEPS <target>...): the library weir_<folder> (Weir::<folder>) from include/ and src/.
# FUZZED: it reads bytes that fuzz targets make up.
function(weir_library folder)
  cmake_parse_arguments(arg "FUZZED" "" "DEPS;PRIVATE_DEPS" ${ARGN})
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/include/*.h)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/src/*.cc)
  set(target weir_${folder})
  if(sources)
    add_library(${target} STATIC ${sources})
    set(scope PUBLIC)
    target_precompile_headers(${target} REUSE_FROM weir_pch)
    target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
    target_link_libraries(${target} PRIVATE ${arg_PRIVATE_DEPS})
    if(arg_FUZZED)
      target_compile_options(${target} PRIVATE ${WEIR_FUZZ_COVERAGE})
    endif()
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(Weir::${folder} ALIAS ${target})
  target_sources(${target} ${scope} FILE_SET HEADERS BASE_DIRS ${CMAKE_CURRENT_SOURCE_DIR}/include FILES ${headers})
  set_target_properties(${target} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  target_link_libraries(${target} ${scope} weir_options ${arg_DEPS})
endfunction()

# weir_test(<name> LABEL <label> SOURCES <file>... DEPS <target>...): a GoogleTest program, its tests known to ctest.
function(weir_test name)
  cmake_parse_arguments(arg "" "LABEL;TIMEOUT" "SOURCES;DEPS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_DEPS} weir_options GTest::gmock GTest::gtest_main rapidcheck)
  target_precompile_headers(${name} REUSE_FROM weir_pch)
  gtest_discover_tests(${name} NO_PRETTY_VALUES PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT} DISCOVERY_TIMEOUT 60)
endfunction()
