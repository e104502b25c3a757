// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gateway/config/sections/config.h"

namespace msggw::config {

/// The options that a process of this purpose uses, "section.key" in the order of the manual, whose
/// values differ; "sms.smscs_file" also if what it says of an SMSC does.
std::vector<std::string> difference(Config one, Config other, Purpose purpose);

}  // namespace msggw::config
