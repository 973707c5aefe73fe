// A stand-in for gloo's header, which the libtorch wheel omits: c10d's header includes it and needs nothing of it.
#pragma once
