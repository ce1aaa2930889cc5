# What `cmake --install` and CPack make of Weir: the component `weir` (the command, its page, manual and completion) and
# the component `libweir-dev` (what a job is built with). Included once, behind all folders that it takes from.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
# As cmake/install/WeirConfig.cmake.in does for a job.
find_package(RocksDB REQUIRED)
find_package(Protobuf REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)

# ---- libweir-dev: one static library of all that a job links, and the headers --------------------------------------

# Not the whole of what there is: sim is for Weir's own tests.
set(parts core host state checkpoint_proto checkpoint connectors runtime cluster_proto cluster stream)
# Their headers are what a job may include, and what those include.
set(shown core state checkpoint connectors runtime stream)

list(TRANSFORM parts REPLACE "(.+)" "$<TARGET_OBJECTS:weir_\\1>" OUTPUT_VARIABLE objects)
add_library(weir_product STATIC EXCLUDE_FROM_ALL ${objects})
set_target_properties(weir_product PROPERTIES OUTPUT_NAME weir EXPORT_NAME weir LINKER_LANGUAGE CXX)
target_compile_features(weir_product INTERFACE cxx_std_20)
target_link_libraries(weir_product PUBLIC fmt::fmt
  PRIVATE spdlog::spdlog RocksDB::rocksdb-shared protobuf::libprotobuf yaml-cpp OpenSSL::SSL Threads::Threads)

set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/Weir)
install(TARGETS weir_product EXPORT Weir
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT libweir-dev
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT Weir NAMESPACE Weir:: FILE WeirTargets.cmake DESTINATION ${package_directory} COMPONENT libweir-dev)
configure_package_config_file(cmake/install/WeirConfig.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/WeirConfig.cmake INSTALL_DESTINATION ${package_directory}
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/WeirConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/WeirConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/WeirConfigVersion.cmake
  DESTINATION ${package_directory} COMPONENT libweir-dev)

foreach(folder IN LISTS shown)
  install(DIRECTORY ${folder}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT libweir-dev
    FILES_MATCHING PATTERN "*.h")
endforeach()

# Where it lies is found from where the file itself lies, so that a prefix can be moved.
file(RELATIVE_PATH WEIR_PREFIX_FROM_PC
  ${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" WEIR_PREFIX_FROM_PC ${WEIR_PREFIX_FROM_PC})
configure_file(cmake/install/weir.pc.in ${CMAKE_CURRENT_BINARY_DIR}/weir.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/weir.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT libweir-dev)

file(GLOB examples CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/examples/*.cc)
install(FILES ${examples} cmake/install/examples/CMakeLists.txt
  DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libweir-dev/examples COMPONENT libweir-dev)

# ---- weir: the command ---------------------------------------------------------------------------------------------

install(TARGETS weir RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT weir)
# `./dev web` builds it; ./dev install and ./dev package see to it.
install(DIRECTORY cluster/web/dist/ DESTINATION ${CMAKE_INSTALL_DATADIR}/weir/web COMPONENT weir OPTIONAL)
install(FILES $<TARGET_PROPERTY:weir_manual_files,WEIR_MAN_PAGE>
  DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT weir)
install(FILES $<TARGET_PROPERTY:weir_manual_files,WEIR_COMPLETION>
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT weir RENAME weir)

foreach(package weir libweir-dev)
  install(FILES LICENSE CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package} COMPONENT ${package})
endforeach()

# What has to be built before all that can be installed.
add_custom_target(product DEPENDS weir weir_manual_files weir_product)

# ---- Debian packages -----------------------------------------------------------------------------------------------

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME weir)
set(CPACK_PACKAGE_VENDOR "Weir")
set(CPACK_PACKAGE_CONTACT "Weir's maintainers <maintainers@weir.invalid>")
# Each package has a description of its own, with its own first line.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL weir libweir-dev)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)

set(CPACK_DEBIAN_WEIR_PACKAGE_NAME weir)
set(CPACK_DEBIAN_WEIR_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_WEIR_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_WEIR_PACKAGE_SUGGESTS "libweir-dev, bash-completion")
set(CPACK_DEBIAN_WEIR_DESCRIPTION "Stateful stream processor: cluster, jobs, checkpoints
The command weir starts a cluster on this machine, submits jobs to it, makes
savepoints of them, and looks into what checkpoints hold. With it comes the
page that shows jobs in a browser.")

set(CPACK_DEBIAN_LIBWEIR-DEV_PACKAGE_NAME libweir-dev)
set(CPACK_DEBIAN_LIBWEIR-DEV_PACKAGE_SECTION libdevel)
# The static library needs them when a job is linked, in the versions whose headers it was compiled with.
set(CPACK_DEBIAN_LIBWEIR-DEV_PACKAGE_DEPENDS
  "libfmt-dev (>= 9.1), libfmt-dev (<< 10), libspdlog-dev (>= 1:1.10), libspdlog-dev (<< 1:1.11), librocksdb-dev (>= 7.8), librocksdb-dev (<< 7.9), libprotobuf-dev (>= 3.21), libprotobuf-dev (<< 3.22), libyaml-cpp-dev (>= 0.7), libyaml-cpp-dev (<< 0.8), libssl-dev (>= 3.0), libxxhash-dev")
set(CPACK_DEBIAN_LIBWEIR-DEV_PACKAGE_RECOMMENDS "weir")
set(CPACK_DEBIAN_LIBWEIR-DEV_PACKAGE_SUGGESTS "g++, cmake, pkg-config")
set(CPACK_DEBIAN_LIBWEIR-DEV_DESCRIPTION "Stateful stream processor: what jobs are built with
Headers and the static library that a job written in C++20 links, for
find_package(Weir) and for pkg-config. A job's program is its own engine: it
runs by itself, or on a cluster that the command weir of the package weir
starts.")
include(CPack)
