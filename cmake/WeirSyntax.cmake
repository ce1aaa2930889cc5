# Compiling single files that are no part of the build: what must not compile, and what the documents show.
# Included once, by tests/CMakeLists.txt.

find_package(Python3 REQUIRED COMPONENTS Interpreter)

# What a job links, as far as it exists.
if(TARGET weir_stream)
  set(WEIR_JOB_LIBRARY Weir::stream)
else()
  set(WEIR_JOB_LIBRARY Weir::core)
endif()

# The compiler with the flags of code that links WEIR_JOB_LIBRARY, as a list for the end of add_test(COMMAND ...);
# the test needs COMMAND_EXPAND_LISTS. Never built: weir_syntax only carries the flags.
add_library(weir_syntax OBJECT EXCLUDE_FROM_ALL ${CMAKE_CURRENT_LIST_DIR}/pch.cc)
target_link_libraries(weir_syntax PRIVATE ${WEIR_JOB_LIBRARY} weir_options)

block(PROPAGATE WEIR_SYNTAX_COMMAND)
  separate_arguments(flags UNIX_COMMAND "${CMAKE_CXX_FLAGS}")
  set(definitions $<TARGET_PROPERTY:weir_syntax,COMPILE_DEFINITIONS>)
  set(directories $<TARGET_PROPERTY:weir_syntax,INCLUDE_DIRECTORIES>)
  set(WEIR_SYNTAX_COMMAND
    ${CMAKE_CXX_COMPILER} -fsyntax-only -fdiagnostics-color=never -std=c++20 ${flags}
    $<TARGET_PROPERTY:weir_syntax,COMPILE_OPTIONS>
    $<$<BOOL:${definitions}>:-D$<JOIN:${definitions},$<SEMICOLON>-D>>
    $<$<BOOL:${directories}>:-I$<JOIN:${directories},$<SEMICOLON>-I>>)
endblock()
