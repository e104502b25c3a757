// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/metrics.h"
#include "provisioning/function/call.h"
#include "provisioning/function/call_counters.h"
#include "provisioning/function/gateways.h"
#include "provisioning/function/ledger.h"
#include "provisioning/function/policy.h"
#include "provisioning/protocol/envelope.h"
#include "provisioning/protocol/messages.h"

namespace msggw::function {

struct DeskOptions {
  protocol::WireLimits wire;
  std::string service_id;  ///< the Provisioning Function's own, in MSGin5G messages
  /// Whoever is none of the gateways is served too; else, if gateways were given, 401.
  bool allow_unknown_gateways = false;
};

/// The Provisioning Function's side of the provisioning procedures (the contribution, 6.X.1.3 and
/// 6.X.1.4), whatever protocol they come by: judges a request, asks policy and ledger, writes the
/// answer. What is written is complete, so a face only has to keep it until its commit and to put
/// it into its protocol. What is judged, in this order: the resource and method; who asks (401);
/// the types of the bodies (415, 406); the body (400, 413); whether this gateway may ask (403
/// GATEWAY_NOT_AUTHORIZED); the policy (403 POLICY_DENIED); the ledger (403 QUOTA_EXCEEDED, 503,
/// 500).
///
/// Of GET and DELETE a gateway's ue_types are compared with the type of the first request, and the
/// policy sees that type and no information; DELETE is no matter of the policy. Loop thread only.
class Desk {
 public:
  /// `ledger` must outlive this object. Nobody is told apart before set_gateways().
  Desk(DeskOptions options, Policy policy, Ledger& ledger, base::metrics::Registry& metrics);

  Answer handle(const Call& call);

  /// A bulk request on its way to its answer.
  class Bulk;
  /// As handle(), but of a bulk request only as much as one turn of the loop may take: `bulk` has
  /// the rest then, and the answer is none yet.
  struct Begun {
    Begun(Answer whole) : answer(std::move(whole)) {}
    explicit Begun(std::unique_ptr<Bulk> rest);

    Answer answer;
    std::unique_ptr<Bulk> bulk;
  };
  Begun begin(const Call& call);
  /// Does the next part; `proof` as it came with the request. The answer, if that was the last one.
  std::optional<Answer> go_on(Bulk& bulk, const Proof& proof);

  /// Whether handle() would look at the body: nothing that comes before it is wrong.
  bool reads_body_of(const Call& call) const;

  /// From the next request on. Service IDs that were given stay.
  void set_policy(Policy policy) noexcept { policy_ = std::move(policy); }
  const Policy& policy() const noexcept { return policy_; }
  void set_gateways(Gateways gateways) noexcept { gateways_ = std::move(gateways); }
  const Gateways& gateways() const noexcept { return gateways_; }
  void allow_unknown_gateways(bool whether) noexcept { options_.allow_unknown_gateways = whether; }

  /// One rate-limited event of each kind if requests were turned away for a limit, or because of
  /// who asked, since the last time.
  void log_refusals(base::TimePoint now);

 private:
  /// A request on its way to an answer.
  struct Case {
    const Call& call;
    protocol::Encoding encoding;  ///< of the answer
    Asker asker{};
  };
  enum class Wanted : std::uint8_t { reply_and_location, reply };
  /// Rules that are compared with what is asked in one turn, all items of a bulk request together.
  static constexpr std::size_t kMostComparisons = 4'096;

  bool is_turned_away(const Asker& asker) const noexcept;
  Begun decide(const Call& call);
  Begun at_resource(Case& at);
  Answer at_item(const Case& at, std::string_view private_id);

  Answer post(const Case& at);
  Begun begin_bulk(const Case& at);
  static Answer join(const Bulk& bulk);
  Answer post_message(const Case& at);
  Answer get(const Case& at, std::string_view private_id);
  Answer release(const Case& at, std::string_view private_id);
  Answer health(const Case& at) const;

  Answer provision(const Case& at, const protocol::DecodedRequest& asked, Wanted wanted);
  /// `rule` decides on what is told beside the Service ID.
  Answer say(const Case& at, const Verdict& verdict, const PolicyRule* rule, Wanted wanted);
  Answer say_assignment(const Case& at, const Verdict& verdict, const PolicyRule& rule,
                        Wanted wanted);
  void wrap(const Case& at, const protocol::DecodedEnvelope& from, const protocol::Request& asked,
            Reply& reply) const;

  Answer refuse_by_policy(const Case& at, const PolicyRule& rule, CommitNo due);
  Answer refuse_asker(const Case& at);
  Answer refuse_gateway(const Case& at, std::string_view private_id, const char* what);

  DeskOptions options_;
  std::string own_address_;  ///< an Address of TS 29.538, compact JSON
  Policy policy_;
  Gateways gateways_;
  Ledger& ledger_;
  CallCounters counters_;
  base::metrics::Counter& unknown_askers_;
  base::metrics::Counter& unauthorized_;
  protocol::Response response_;  ///< used again for each answer, for its memory

  base::log::Limit limit_events_{1};
  base::log::Limit gateway_events_{1};
  std::uint64_t refused_overload_ = 0;
  std::uint64_t refused_quota_ = 0;
  std::uint64_t refused_askers_ = 0;
  std::string last_refused_asker_;
  std::string last_reason_;
};

/// What was asked is kept, so that nothing of the request is needed any more but who asked.
class Desk::Bulk {
 private:
  friend class Desk;
  base::Scheme channel{};
  protocol::Encoding encoding{};
  protocol::DecodedBulkRequest asked;
  std::vector<Answer> answers;
};

inline Desk::Begun::Begun(std::unique_ptr<Bulk> rest) : bulk(std::move(rest)) {}

}  // namespace msggw::function
