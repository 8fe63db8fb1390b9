// The log of include/redbee/log.h, for the library's own code.
#pragma once

#include "redbee/log.h"
