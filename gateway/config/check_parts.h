#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "gateway/config/check.h"

namespace msggw::config {

using Findings = std::vector<Finding>;

void check_provisioning(const Config& config, Purpose purpose, Findings& found);
void check_function(const Config& config, Purpose purpose, Findings& found);

/// A certificate is of use with its key only, and the other way round.
void check_pair(std::string_view section, const std::filesystem::path& certificate,
                const std::filesystem::path& key, Findings& found);

/// Whether this process may read `file`; an empty one is not looked at.
void check_file(std::string_view section, std::string_view key, const std::filesystem::path& file,
                Findings& found);

}  // namespace msggw::config
