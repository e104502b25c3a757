// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace msggw::m5s {

/// What is asked; the names (name_of) are those of docs/server-double.md.
enum class Operation : std::uint8_t {
  deliver_ue_message,
  deliver_as_message,
  deliver_report,
  register_ue,
  register_bulk,
  deregister_ue,
  register_as,
  deregister_as,
  other,         ///< a path, method or body that is none of them
  give_message,  ///< ours, to a gateway or an Application Server
  give_report,   ///< ours
};
inline constexpr Operation kLastOperation = Operation::give_report;

/// "deliver-ue-message", "register-bulk", ... Static storage.
std::string_view name_of(Operation operation);
std::optional<Operation> operation_of(std::string_view name);
/// Whether the double asks it.
inline bool is_ours(Operation operation) {
  return operation == Operation::give_message || operation == Operation::give_report;
}

/// What a request is about, as far as it could be read.
struct Subject {
  Operation operation = Operation::other;
  std::string from{};                     ///< oriAddr.addr
  std::string to{};                       ///< destAddr.addr
  std::string message_id{};               ///< msgId
  std::vector<std::string> registered{};  ///< Service IDs that are to be registered or not
};

}  // namespace msggw::m5s
