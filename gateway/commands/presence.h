// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/value.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "gateway/cli/command.h"
#include "gateway/roster/device_json.h"

namespace msggw::commands {

// What a running gateway alone knows of devices: whether they are there.

/// `msggw devices list --presence` and `--bearer`.
cli::ExitCode list_present(const cli::ListDevices& command, std::ostream& out, std::ostream& err);

/// Of one device; empty: no gateway answers, or it knows nothing.
std::vector<roster::SeenView> presence_of(const cli::Source& source, const std::string& private_id);

/// The member `presence` of a device as the API shows it; what is not understood is left out.
std::vector<roster::SeenView> seen_of(const boost::json::value& device);

}  // namespace msggw::commands
