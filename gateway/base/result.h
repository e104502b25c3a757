// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace msggw::base {

/// Why an operation on input, or on something outside the process, gave no value. Each adapter has
/// one table from these to its protocol's codes.
enum class Errc {
  malformed,       ///< the octets are not what the protocol or the codec allows
  missing,         ///< a mandatory element is absent
  incorrect,       ///< an element is present with a wrong type or value
  too_large,       ///< above a named limit
  unsupported,     ///< a content format or version we do not speak
  unknown_device,  ///< no such device, registration or row
  refused,         ///< policy says no; repeating the request changes nothing
  overloaded,      ///< a limit on work in hand; repeat later
  unavailable,     ///< the other side does not answer or says that it cannot now; repeat later
  storage,         ///< the store could not read or commit
};

/// The name of `code` as it stands in log lines and metrics, for example "too_large". Static
/// storage.
const char* name_of(Errc code) noexcept;

/// `detail` is one sentence for the person who can mend it; it may quote input only in escaped
/// form.
struct Error {
  Errc code;
  std::string detail;
};

/// A value, or the reason there is none. Ignoring one is a compile error: the class is
/// [[nodiscard]].
template <class T = void>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
};

inline tl::unexpected<Error> fail(Errc code, std::string detail) {
  return tl::unexpected<Error>(Error{code, std::move(detail)});
}

/// Ends the process when the program itself is wrong (never for input). Also in release builds:
/// going on with a broken invariant would put wrong identities on disk.
void ensure(bool condition, const char* what) noexcept;

}  // namespace msggw::base
