// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "adapters/wire/http/server.h"
#include "gateway/base/context.h"
#include "provisioning/function/coap_face.h"
#include "provisioning/function/desk.h"
#include "provisioning/function/gateways.h"
#include "provisioning/function/http_face.h"
#include "provisioning/function/ledger.h"
#include "provisioning/function/options.h"
#include "provisioning/function/policy.h"
#include "provisioning/function/service_id_maker.h"
#include "provisioning/function/trial.h"
#include "provisioning/tester/tester.h"
#include "storage/store.h"

namespace msggw::function {

/// The MSGin5G Provisioning Function (the contribution, 6.X.1.2 to 6.X.1.4): assigns Service IDs
/// and remembers them. The same object serves alone (`msggw pf`) and embedded beside a gateway;
/// either way it is reached over HTTP and CoAP.
///
/// Belongs to the loop's thread. Order: load(), start(), then end_turn() after every turn of the
/// loop. Everything given to the constructor must outlive it.
class Function {
 public:
  /// `store` was opened with store_tables(). Throws std::runtime_error if the policy cannot work.
  Function(const base::Context& context, const Options& options, storage::Store& store,
           RandomSource random = system_random());
  /// As stop(), then waits for the commit in flight.
  ~Function();
  Function(const Function&) = delete;
  Function& operator=(const Function&) = delete;

  /// Reads all assignments. Throws std::runtime_error if the store cannot be read or is damaged.
  void load();

  /// Of all requests from now on. Assignments and what counts for quotas stay as they are.
  void set_policy(Policy policy) noexcept { desk_.set_policy(std::move(policy)); }
  /// Of all requests from now on, also those of connections that are open; without them nobody is
  /// told apart. Give the first ones before start(): they decide on whether there is a listener for
  /// CoAP with PSK.
  void set_gateways(Gateways gateways) noexcept { desk_.set_gateways(std::move(gateways)); }

  /// Other options, with their listeners bound and the files of these read.
  struct Prepared {
    Options options;
    std::vector<http::Place> http{};
    std::vector<coap::Place> coap{};
  };
  /// Changes nothing. Throws as start().
  Prepared prepare(const Options& options, bool has_psk);
  /// From now on: listeners, their limits and files for connections to come, other limits, and
  /// whether unknown gateways are served. All else of the options is as it was.
  void reconfigure(Prepared prepared);

  /// Opens the listeners and logs `pf_ready`. Throws std::runtime_error, naming what to change, if
  /// a listener cannot be opened, or if there is none to open: cleartext is kept to loopback
  /// addresses unless allow_cleartext.
  void start();

  /// Hands what has gathered in this turn to the writer, unless a commit runs; its end comes back
  /// through the loop.
  void end_turn(base::TimePoint now);

  /// Closes the listeners and every connection. Who waits for an answer gets none and was promised
  /// nothing; asking again brings the same Service ID if its commit was done.
  void stop() noexcept;

  std::uint16_t port() const noexcept;      ///< of cleartext HTTP, 0: none
  std::uint16_t tls_port() const noexcept;  ///< of HTTP with TLS, 0: none
  /// Of the CoAP listener of this scheme, 0: none.
  std::uint16_t coap_port(base::Scheme scheme) const noexcept;
  /// Of the tester's controls, 0: none.
  std::uint16_t test_port() const noexcept { return tester_ ? tester_->port() : 0; }
  /// API roots that clients may use, for example "http://127.0.0.1:7480"; empty before start().
  std::vector<std::string> api_roots() const;
  /// Whether the store takes what it is given.
  bool healthy() const { return !ledger_.failing(); }
  /// Why not.
  std::string trouble() const { return ledger_.trouble(); }
  std::size_t assignments() const noexcept { return ledger_.assignments(); }
  std::size_t unanswered() const noexcept { return ledger_.waiting(); }
  const Policy& policy() const noexcept { return desk_.policy(); }
  const Gateways& gateways() const noexcept { return desk_.gateways(); }

 private:
  void on_committed(CommitNo no);
  void open();
  void open_again(base::Duration pause);
  void restart(base::Duration down, bool lose_store);
  std::unique_ptr<http::Server> open_http(base::Scheme scheme, bool listens);
  std::unique_ptr<CoapFace> open_coap(base::Scheme scheme, bool listens);
  coap::ServerOptions coap_listener_of(const Options& options, base::Scheme scheme) const;
  std::uint16_t port_of(base::Scheme scheme) const noexcept;

  base::Context context_;
  Options options_;
  base::Duration load_time_{0};
  /// A post that comes too late finds it gone.
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
  Ledger ledger_;
  Desk desk_;
  std::unique_ptr<tester::Tester> tester_;  ///< null unless options.test.enabled
  std::unique_ptr<Trials> trials_;
  HttpFace http_face_;
  // One for each scheme while it serves; which of them listen, the options say.
  std::unique_ptr<http::Server> cleartext_;
  std::unique_ptr<http::Server> tls_;
  std::vector<std::unique_ptr<CoapFace>> coap_faces_;
};

}  // namespace msggw::function
