// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "adapters/msgin5g/answers.h"
#include "adapters/msgin5g/options.h"
#include "adapters/msgin5g/token_source.h"
#include "adapters/wire/http/client.h"
#include "adapters/wire/peers/peers.h"
#include "gateway/base/context.h"
#include "gateway/base/log.h"
#include "gateway/messages/message.h"

namespace msggw::msgin5g {

/// One API root of a MSGin5G Server.
struct FarAddress : peers::Peer {
  FarAddress(const peers::Breaker& own_breaker, const base::Uri& api_root,
             base::metrics::Gauge& up_gauge);

  base::Uri root;
  base::Uri messages;       ///< msgs-msgdelivery, version 1 (TS 29.538 5.3.2.4)
  base::Uri reports;        ///< 5.3.2.5
  base::Uri registrations;  ///< msgs-ueregistration, version 1 (docs/msgs-ueregistration.yaml)
  base::metrics::Gauge& up;
  base::log::Limit log{1};  ///< of reasons, which may change with each connection
};

/// How one MSGin5G Server is, for operators.
struct ServerState {
  struct Address {
    std::string url;
    bool answers = true;
    std::string reason;                            ///< why not; empty while it does
    std::optional<base::TimePoint> answered = {};  ///< when it last did
  };
  std::string name;
  std::string service_id;
  std::vector<Address> addresses;
  std::size_t under_way = 0;  ///< requests
};

/// One MSGin5G Server as a client sees it: its addresses, what they answer, whether they do. Loop
/// thread only; on its end what is under way is dropped, and nobody called.
class FarServer {
 public:
  struct Request {
    bool is_report = false;
    std::string message_id;
    messages::Priority priority = messages::Priority::normal;
    std::string body;
  };
  using Answered = std::function<void(const Meaning&)>;
  /// A request under way; which one its end is about.
  struct Exchange {
    FarAddress& address;
    base::TimePoint sent;
    bool probe;
    std::uint64_t token = 0;      ///< which one was shown
    bool is_for_token = false;    ///< that one was answered with 401, and another is on its way
    bool is_with_others = false;  ///< lost with a connection that another one has told of
  };
  using Ended =
      std::function<void(const Exchange& exchange, const base::Result<http::ClientResponse>&)>;

  /// `common` must outlive it. Throws std::runtime_error if a certificate or key cannot be used.
  FarServer(const base::Context& context, const ServerOptions& options, const Options& common);
  FarServer(const FarServer&) = delete;
  FarServer& operator=(const FarServer&) = delete;

  const ServerOptions& options() const noexcept { return options_; }
  /// Where the next request goes; null: none may be sent now. `spare`: another server serves.
  FarAddress* pick(base::TimePoint now, bool spare) const;
  /// `address` is from pick(), just now. `answered` is called once, in a later handler of the loop,
  /// when the breaker of the address knows of it.
  void ask(FarAddress& address, Request request, base::TimePoint now, Answered answered);
  /// Any other request. `ended` is called likewise, and says by note() what came.
  void start(FarAddress& address, http::ClientRequest request, base::TimePoint now, Ended ended);
  /// To be called once for each start(): the address has answered; `trouble`: it, or the way to it,
  /// cannot serve now.
  void note(const Exchange& exchange, const ServerTrouble* trouble);

  /// Whether some address answered last time it was asked, or has not been asked yet; without an
  /// access token that is needed, and cannot be had, none can be.
  bool available() const { return addresses_.available() && !lacks_token(); }
  /// Whether none did, and not because the server asked for a pause.
  bool away() const { return !available() && !pausing_; }
  /// When end_turn() has something to do, or a server that does not answer may be asked, if that is
  /// still to come.
  std::optional<base::TimePoint> next_turn(base::TimePoint now) const;
  /// Once a turn.
  void end_turn(base::TimePoint now);
  /// Other options from now on, all but the name; the common ones may have changed in place.
  /// Certificates and keys are read again; connections stay unless these, the addresses or how the
  /// server is connected to are others. What is under way ends where it went. False, and everything
  /// stays as it is, if files cannot be used. Logs that.
  bool reconfigure(const ServerOptions& options);
  ServerState state() const;

 private:
  std::unique_ptr<http::Client> make_client() const;
  bool renew_client();
  void add_addresses();
  bool lacks_token() const { return tokens_ && tokens_->is_failing(); }
  void look_at_token(Exchange& exchange, const base::Result<http::ClientResponse>& answer);
  std::size_t under_way() const noexcept;
  void failed(FarAddress& address, const ServerTrouble& why, bool probe);

  base::Context context_;
  ServerOptions options_;
  const Options& common_;
  const Limits& limits_;
  std::array<base::metrics::Counter*, std::variant_size_v<Meaning>> answers_;
  base::metrics::Histogram& seconds_;
  base::metrics::Gauge& under_way_gauge_;
  peers::Peers<FarAddress> addresses_;
  bool pausing_ = false;  ///< it asked for that when it was heard last
  std::optional<TokenSource> tokens_;
  std::string files_;  ///< the digest of those that `client_` is made with
  std::unique_ptr<http::Client> client_;
  std::vector<std::unique_ptr<http::Client>> draining_;  ///< until what is under way has ended
  std::vector<peers::Peers<FarAddress>> left_;  ///< addresses that it may still be under way to
  peers::BreakerLimits breaker_;                ///< of the addresses
};

}  // namespace msggw::msgin5g
