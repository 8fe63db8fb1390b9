# Copies what belongs into the gem to TREE: SOURCE's Ruby files, and the executables COMMANDS of BIN.
# Files whose source is gone leave the tree too.
file(REMOVE_RECURSE ${TREE}/exe ${TREE}/libexec)
file(GLOB_RECURSE old RELATIVE ${TREE} ${TREE}/lib/*.rb)
foreach(file ${old})
  if(NOT EXISTS ${SOURCE}/${file})
    file(REMOVE ${TREE}/${file})
  endif()
endforeach()
file(COPY ${SOURCE}/lib ${SOURCE}/exe ${SOURCE}/redbee.gemspec ${SOURCE}/README.md DESTINATION ${TREE})
if(EXISTS ${LICENSE})
  file(COPY ${LICENSE} DESTINATION ${TREE})
endif()
file(MAKE_DIRECTORY ${TREE}/libexec)
foreach(command ${COMMANDS})
  file(COPY ${BIN}/${command} DESTINATION ${TREE}/libexec)
  execute_process(COMMAND ${STRIP} ${TREE}/libexec/${command})
  if(NOT EXISTS ${TREE}/exe/${command})
    file(WRITE ${TREE}/exe/${command}
      "#!/usr/bin/env ruby\n\nexec File.expand_path(\"../libexec/${command}\", __dir__), *ARGV\n")
    file(CHMOD ${TREE}/exe/${command} PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ
      GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
  endif()
endforeach()
