// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/service_id_maker.h"

#include <algorithm>
#include <stdexcept>

#include "gateway/base/secrets.h"
#include "gateway/base/text.h"

namespace msggw::function {

namespace {

constexpr std::string_view kSymbols = "abcdefghijklmnopqrstuvwxyz0123456789";

std::string_view short_name(core::UeType type) noexcept {
  switch (type) {
    case core::UeType::non_3gpp: return "n3g";
    case core::UeType::legacy_3gpp: return "l3g";
    case core::UeType::msgin5g_ue: return "ue";
    case core::UeType::as: return "as";
  }
  return "?";
}

[[noreturn]] void refuse(std::string_view pattern, const std::string& why) {
  throw std::runtime_error("service_id_template \"" + base::printable(pattern, 255) + "\": " + why);
}

}  // namespace

RandomSource system_random() {
  return base::fill_random;
}

ServiceIdTemplate::ServiceIdTemplate(std::string_view pattern, std::size_t most_octets)
    : text_(pattern) {
  parse(pattern);
  const auto ids = std::count_if(pieces_.begin(), pieces_.end(),
                                 [](const Piece& p) { return p.then == Placeholder::id; });
  if (ids != 1) refuse(pattern, "{id} must stand in it exactly once");
  if (!base::is_utf8(pattern) || base::has_control(pattern) ||
      pattern.find(' ') != std::string_view::npos) {
    refuse(pattern, "spaces, control characters and broken UTF-8 are not allowed");
  }
  if (longest() > most_octets) {
    refuse(pattern, "makes Service IDs of " + std::to_string(longest()) + " octets, at most " +
                        std::to_string(most_octets) + " are allowed");
  }
}

std::size_t ServiceIdTemplate::longest() const noexcept {
  std::size_t octets = 0;
  for (const Piece& piece : pieces_) {
    octets += piece.text.size();
    switch (piece.then) {
      case Placeholder::none: break;
      case Placeholder::type: octets += short_name(core::UeType::non_3gpp).size(); break;
      case Placeholder::id: octets += kIdLength; break;
    }
  }
  return octets;
}

void ServiceIdTemplate::parse(std::string_view pattern) {
  const auto whole = pattern;
  for (;;) {
    const auto brace = pattern.find_first_of("{}");
    if (brace == std::string_view::npos) break;
    const auto text = pattern.substr(0, brace);
    pattern.remove_prefix(brace);
    if (pattern.starts_with("{id}")) {
      pieces_.push_back({std::string(text), Placeholder::id});
      pattern.remove_prefix(4);
    } else if (pattern.starts_with("{type}")) {
      pieces_.push_back({std::string(text), Placeholder::type});
      pattern.remove_prefix(6);
    } else {
      refuse(whole, "the placeholders are {id} and {type}");
    }
  }
  pieces_.push_back({std::string(pattern), Placeholder::none});
}

std::string_view ServiceIdMaker::make(const ServiceIdTemplate& pattern, core::UeType type) {
  using Placeholder = ServiceIdTemplate::Placeholder;
  made_.clear();
  for (const ServiceIdTemplate::Piece& piece : pattern.pieces_) {
    made_ += piece.text;
    switch (piece.then) {
      case Placeholder::none: break;
      case Placeholder::type: made_ += short_name(type); break;
      case Placeholder::id: append_id(); break;
    }
  }
  return made_;
}

void ServiceIdMaker::append_id() {
  constexpr std::size_t kFair = 256 / kSymbols.size() * kSymbols.size();
  for (std::size_t i = 0; i < ServiceIdTemplate::kIdLength;) {
    const std::uint8_t octet = random_octet();
    if (octet >= kFair) continue;  // else the first letters would come more often
    made_.push_back(kSymbols[octet % kSymbols.size()]);
    ++i;
  }
}

std::uint8_t ServiceIdMaker::random_octet() {
  if (used_ == octets_.size()) {
    random_(octets_);
    used_ = 0;
  }
  return octets_[used_++];
}

}  // namespace msggw::function
