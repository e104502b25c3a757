// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/result.h"
#include "provisioning/tester/seen.h"

namespace msggw::tester {

/// What goes wrong.
enum class Kind : std::uint8_t {
  delay,               ///< the answer comes later; beyond the client's timeout: too late
  drop,                ///< no answer, and on CoAP no acknowledgement either
  reset,               ///< HTTP: the connection is reset; CoAP: a Reset message
  half,                ///< half of the answer's octets; HTTP closes then
  status,              ///< another status, with a problem body
  wrong_body,          ///< a success whose body is not what it should be
  wrong_content_type,  ///< a success that says it is something else
  wrong_service_id,    ///< a success with a Service ID of the tester's choice
  duplicate,           ///< the answer comes twice
  lost_ack,            ///< the request is carried out, the answer lost; on CoAP the client
                       ///< repeats its request and gets it then, on HTTP the connection is reset
  restart,             ///< every connection is cut and the listeners are closed for a while
};
BOOST_DESCRIBE_ENUM(Kind, delay, drop, reset, half, status, wrong_body, wrong_content_type,
                    wrong_service_id, duplicate, lost_ack, restart)

/// What is to be done about one request.
struct Action {
  Kind kind = Kind::delay;
  /// Whether the request is carried out all the same: its Private ID has a Service ID afterwards.
  bool carried_out = true;
  base::Duration delay{0};     ///< of the answer; with restart, how long the listeners are closed
  unsigned status = 503;       ///< of Kind::status, 400 to 599
  std::string cause{};         ///< of Kind::status
  unsigned retry_after_s = 0;  ///< of Kind::status; 0: not told
  std::string body{};          ///< of Kind::wrong_body
  std::string content_type{};  ///< of Kind::wrong_content_type
  std::string service_id{};    ///< of Kind::wrong_service_id
  bool lose_store = false;     ///< of Kind::restart: every Service ID is forgotten
};

/// Which requests a fault is about; all conditions that are not empty must hold. Patterns as in
/// base::matches.
struct Match {
  std::vector<base::Scheme> channels{};
  std::vector<Operation> operations{};
  std::vector<core::UeType> ue_types{};
  std::string private_id{};  ///< pattern; a bulk request matches if one of its items does
  std::string gateway{};     ///< pattern
};

/// Which of the matching requests, counted from 1 for each fault. Either numbers or a probability.
struct When {
  std::vector<std::uint64_t> nth{};  ///< these; empty: see `from`
  std::uint64_t from = 1;            ///< from this one on ...
  std::uint64_t to = 0;              ///< ... to this one; 0: without end
  std::uint64_t every = 1;           ///< of those, each so many
  double probability = 1.0;          ///< of those, so many, drawn with `seed`
  std::uint64_t seed = 1;
};

struct Fault {
  std::string name{};  ///< shown in the journal; unique
  Match match;
  When when;
  Action action;
};

/// The faults that a tester has asked for, in order; the first that applies to a request is its
/// fate. The same faults with the same seeds and requests in the same order give the same fates.
/// Loop thread only.
class Faults {
 public:
  static constexpr std::size_t kMostFaults = 1'000;

  struct Entry {
    Fault fault;
    std::uint64_t matched = 0;
    std::uint64_t fired = 0;
    std::mt19937_64 random{};
  };

  /// incorrect: the name is taken. overloaded: kMostFaults are there. Without a name one is given.
  base::Result<std::string> add(Fault fault);
  bool remove(std::string_view name);
  void clear() noexcept { entries_.clear(); }

  /// What is to be done about this request; none: nothing. Valid until the next call of a
  /// non-const member.
  struct Fate {
    std::string_view name;
    const Action& action;
  };
  std::optional<Fate> on_request(const Seen& seen);

  const std::vector<Entry>& entries() const noexcept { return entries_; }

 private:
  static bool matches(const Match& match, const Seen& seen);
  static bool is_due(Entry& entry);

  std::vector<Entry> entries_{};
  std::uint64_t last_name_ = 0;
};

}  // namespace msggw::tester
