# Writes the bytes of INPUT as a C++ array NAME into OUTPUT.
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE ${OUTPUT} "#pragma once\nalignas(16) inline constexpr unsigned char ${NAME}[] = {${bytes}};\n")
