// SPDX-License-Identifier: Apache-2.0
#include "gateway/demo/ready_child.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <stdexcept>

namespace msggw::demo {

ReadyChild::ReadyChild(const std::vector<std::string>& arguments)
    : child_(arguments), output_(child_.take_output()) {
  std::string said;
  std::array<char, 512> octets;
  while (said.find("ready\n") == std::string::npos) {
    pollfd readable{output_.get(), POLLIN, 0};
    ::poll(&readable, 1, -1);
    const ssize_t got = ::read(output_.get(), octets.data(), octets.size());
    if (got == 0) {
      const std::string name = std::filesystem::path(arguments.at(0)).filename().string();
      throw std::runtime_error(name + " " + arguments.at(1) + " has ended before it listened");
    }
    if (got > 0) said.append(octets.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace msggw::demo
