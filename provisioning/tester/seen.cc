// SPDX-License-Identifier: Apache-2.0
#include "provisioning/tester/seen.h"

#include <array>

namespace msggw::tester {

namespace {

constexpr std::array<std::string_view, 6> kChannels{"http",  "https",    "coap",
                                                    "coaps", "coap+tcp", "coaps+tcp"};
constexpr std::array<std::string_view, 6> kOperations{"provision", "bulk",    "message",
                                                      "read",      "release", "other"};

template <class Enum, std::size_t N>
std::optional<Enum> find(const std::array<std::string_view, N>& names, std::string_view name) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view name_of(Channel channel) noexcept {
  return kChannels.at(static_cast<std::size_t>(channel));
}

std::optional<Channel> channel_of(std::string_view name) noexcept {
  return find<Channel>(kChannels, name);
}

std::string_view name_of(Operation operation) noexcept {
  return kOperations.at(static_cast<std::size_t>(operation));
}

std::optional<Operation> operation_of(std::string_view name) noexcept {
  return find<Operation>(kOperations, name);
}

}  // namespace msggw::tester
