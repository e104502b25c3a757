// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace msggw::base {

/// A listener cannot have its address and port.
class CannotListen : public std::runtime_error {
 public:
  CannotListen(const std::string& what, std::string_view section, std::string_view option)
      : std::runtime_error(what), section_(section), option_(option) {}

  // The option that can mend it, as the configuration calls it; the section may be empty.
  const std::string& section() const noexcept { return section_; }
  const std::string& option() const noexcept { return option_; }

 private:
  std::string section_;
  std::string option_;
};

/// What the configuration calls a listener's address (address_section.address) and port
/// (section.port_option); empty sections: it has no names for them.
struct ListenerNames {
  std::string_view section;
  std::string_view port_option;
  std::string_view address_section;
};

/// Throws CannotListen with `what` and, of an errno for which there is one, the way out behind it.
[[noreturn]] void cannot_listen(const std::string& what, int error, const ListenerNames& names);

/// While it lives, two sockets of this process may have one port, on addresses that overlap: so a
/// listener that moves is bound before the place that it has is given up.
class SharedPort {
 public:
  static constexpr int kNone = -1;

  /// `has` has the port and `comes` is not bound yet; kNone: nothing is shared.
  SharedPort(int has, int comes) noexcept;
  ~SharedPort();
  SharedPort(const SharedPort&) = delete;
  SharedPort& operator=(const SharedPort&) = delete;

 private:
  int has_;
  int comes_;
};

}  // namespace msggw::base
