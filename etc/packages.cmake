# The Debian packages: msggw (gateway and Provisioning Function), msggw-sim, msggw-mosquitto. `etc/package` makes them.
if(MSGGW_SANITIZE)
  return()
endif()
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME msggw)
# Of nobody: whoever gives packages to others says who looks after them.
set(CPACK_PACKAGE_CONTACT "msggw maintainers <maintainers@msggw.invalid>" CACHE STRING "maintainer of the packages")
set(CPACK_DEBIAN_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SOURCE msggw)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_COMPONENTS_ALL gateway sim mosquitto)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_SOURCE_DIR}/directories.cmake)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(debian ${CMAKE_CURRENT_SOURCE_DIR}/debian)
set(CPACK_DEBIAN_GATEWAY_PACKAGE_NAME msggw)
set(CPACK_DEBIAN_GATEWAY_DESCRIPTION "MSGin5G Message Gateway
Devices that speak CoAP, MQTT or SMS become users of MSGin5G (3GPP TS 23.554):
the gateway records who shows up, obtains a Service ID for it, and carries its
messages. With the Provisioning Function that gives Service IDs out.")
set(CPACK_DEBIAN_GATEWAY_PACKAGE_DEPENDS "init-system-helpers (>= 1.54~), systemd | systemd-standalone-sysusers | systemd-sysusers")
set(CPACK_DEBIAN_GATEWAY_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_GATEWAY_PACKAGE_SUGGESTS "mosquitto, msggw-mosquitto, msggw-sim")
set(CPACK_DEBIAN_GATEWAY_PACKAGE_CONTROL_EXTRA
  ${debian}/gateway/conffiles ${debian}/gateway/postinst ${debian}/gateway/prerm ${debian}/gateway/postrm)

set(CPACK_DEBIAN_SIM_PACKAGE_NAME msggw-sim)
set(CPACK_DEBIAN_SIM_DESCRIPTION "simulated peers of a MSGin5G Message Gateway
Fleets of devices over CoAP and MQTT, a test SMSC with phones, and a MSGin5G
Server double, for tests of a gateway: with faults on request.")

set(CPACK_DEBIAN_MOSQUITTO_PACKAGE_NAME msggw-mosquitto)
set(CPACK_DEBIAN_MOSQUITTO_DESCRIPTION "MSGin5G Message Gateway, plugin for Mosquitto
Lets devices into a Mosquitto broker by the credentials that the gateway on
the same machine knows of them, each to its own topics and no others. With
configurations for brokers with and without the plugin.")
set(CPACK_DEBIAN_MOSQUITTO_PACKAGE_DEPENDS
  "msggw (= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}), mosquitto (>= 2.0), systemd | systemd-standalone-tmpfiles | systemd-tmpfiles")
set(CPACK_DEBIAN_MOSQUITTO_PACKAGE_CONTROL_EXTRA ${debian}/mosquitto/postinst ${debian}/mosquitto/postrm)

# What Debian wants of every package, and what of its system belongs to which.
configure_file(debian/changelog.in changelog.Debian @ONLY)
function(msggw_compressed from to)
  add_custom_command(OUTPUT ${made}/${to} COMMAND sh -c "gzip -9nc '${from}' > '${made}/${to}'" DEPENDS ${from} VERBATIM)
  set_property(DIRECTORY APPEND PROPERTY msggw_packaged ${made}/${to})
endfunction()
msggw_compressed(${PROJECT_SOURCE_DIR}/CHANGELOG.md changelog.gz)
msggw_compressed(${made}/changelog.Debian changelog.Debian.gz)
foreach(component gateway sim mosquitto)
  string(TOUPPER ${component} upper)
  set(name ${CPACK_DEBIAN_${upper}_PACKAGE_NAME})
  set(program $<TARGET_FILE:$<IF:$<STREQUAL:${name},msggw-mosquitto>,msggw_mosquitto,${name}>>)
  add_custom_command(OUTPUT ${made}/${name}.spdx.json
    COMMAND ${CMAKE_COMMAND} -E env SOURCE_DATE_EPOCH=${seconds} MSGGW_VERSION=${PROJECT_VERSION}
            ${CMAKE_CURRENT_SOURCE_DIR}/sbom ${name} ${program} ${PROJECT_BINARY_DIR} ${made}/${name}.spdx.json
    DEPENDS ${program} ${CMAKE_CURRENT_SOURCE_DIR}/sbom VERBATIM)
  set_property(DIRECTORY APPEND PROPERTY msggw_packaged ${made}/${name}.spdx.json)
  install(FILES debian/copyright ${made}/changelog.gz ${made}/changelog.Debian.gz ${made}/${name}.spdx.json
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${name} COMPONENT ${component} EXCLUDE_FROM_ALL)
endforeach()
get_property(packaged DIRECTORY PROPERTY msggw_packaged)
add_custom_target(packaged DEPENDS ${packaged})
add_dependencies(packaged manuals msggw_mosquitto)

install(FILES systemd/msggw.service systemd/msggw-pf.service DESTINATION /lib/systemd/system COMPONENT gateway EXCLUDE_FROM_ALL)
install(FILES systemd/msggw.sysusers DESTINATION lib/sysusers.d RENAME msggw.conf COMPONENT gateway EXCLUDE_FROM_ALL)
install(FILES systemd/msggw-mosquitto.tmpfiles DESTINATION lib/tmpfiles.d RENAME msggw-mosquitto.conf COMPONENT mosquitto EXCLUDE_FROM_ALL)
install(FILES debian/msggw.toml DESTINATION /etc/msggw COMPONENT gateway EXCLUDE_FROM_ALL)
include(CPack)
