# SPDX-License-Identifier: Apache-2.0
# What cpack runs before it packs: it makes the folders above what is installed, as the umask of its caller has them.
file(CHMOD_RECURSE ${CPACK_TEMPORARY_INSTALL_DIRECTORY} DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
