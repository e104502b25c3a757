// SPDX-License-Identifier: Apache-2.0
#include "gateway/config/sections/dump.h"

#include <string_view>

#include "gateway/config/language/manual.h"
#include "gateway/config/sections/declare.h"

namespace msggw::config {
namespace {

constexpr std::string_view kHead =
    R"(# The configuration of msggw, the MSGin5G Message Gateway, and its manual: every option with its
# default.
#
# How to start: copy this file to /etc/msggw/msggw.toml, remove the '#' in front of the options to
# change, and name the Provisioning Function in [provisioning]. All else may stay as it is. Then
#
#   msggw check -c /etc/msggw/msggw.toml   tells every mistake with its line, and what it would open
#   msggw run -c /etc/msggw/msggw.toml     is the gateway
#   msggw pf -c /etc/msggw/msggw.toml      is the bundled Provisioning Function
#
# Lines "# ..." explain, lines "#key = value" are options. Durations are text with a unit: "500ms",
# "2s", "5m", "25h", "30d". Sizes are octets, or text with a unit: "64KiB", "4MiB", "64GiB".
# Relative paths begin at the working directory. An unknown key, a wrong type or a value out of
# range keeps the gateway from starting. Each option can be set for one start on the command line:
#
#   msggw run -c FILE -s coap.port=15683
)";

}  // namespace

std::string dump(const Config& config) {
  Config values = config;
  Config defaults;
  return std::string(kHead) + config_language::manual_of(options_of(values), options_of(defaults));
}

}  // namespace msggw::config
