// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/function.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <utility>

#include "gateway/base/keyed_hash.h"
#include "gateway/base/log.h"
#include "provisioning/function/listeners.h"

namespace msggw::function {

namespace {

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts) out += (out.empty() ? "" : " ") + text;
  return out;
}

}  // namespace

Function::Function(const base::Context& context, const Options& options, storage::Store& store,
                   RandomSource random)
    : context_(context),
      options_(options),
      ledger_(store,
              {options.max_unanswered,
               Assigner(options.max_assignments, ServiceIdMaker(std::move(random)),
                        base::random_hash_key())},
              context.metrics,
              [this, alive = std::weak_ptr<int>(alive_)](std::uint64_t number) {
                boost::asio::post(context_.io, [this, alive, number] {
                  if (!alive.expired()) on_committed(CommitNo{number});
                });
              }),
      desk_({options.wire, options.service_id, options.allow_unknown_gateways},
            Policy(policy_of(options.policy), options.wire), ledger_, context.metrics),
      http_face_(context.io, desk_, options.max_unread_octets) {
  if (!options_.test.enabled) return;
  tester_ = std::make_unique<tester::Tester>(
      context_, options_.test, tester::Tester::Hooks{[this](base::Duration down, bool lose_store) {
        boost::asio::post(context_.io,
                          [this, alive = std::weak_ptr<int>(alive_), down, lose_store] {
                            if (!alive.expired()) restart(down, lose_store);
                          });
      }});
  trials_ = std::make_unique<Trials>(context_.io, *tester_, options_.wire);
  http_face_.watch(*trials_);
}

Function::~Function() {
  stop();
}

void Function::load() {
  const auto begin = context_.clock.now();
  ledger_.load();
  load_time_ = context_.clock.now() - begin;
}

void Function::open_http(base::Scheme scheme) {
  auto server = std::make_unique<http::Server>(
      context_, http_listener(options_, scheme),
      [this, scheme](const http::Request& request, const http::Responder& responder) {
        http_face_.handle(scheme, request, responder);
      },
      [this, scheme](const http::Request& request, std::uint64_t octets) {
        return http_face_.reads_body(scheme, request, octets);
      });
  api_roots_.push_back(api_root(scheme, options_.address, server->port()));
  (base::is_secure(scheme) ? tls_ : cleartext_) = std::move(server);
}

void Function::open_coap(base::Scheme scheme) {
  const auto listener =
      coap_listener(options_, scheme, [this]() -> const Gateways& { return desk_.gateways(); });
  coap_faces_.push_back(std::make_unique<CoapFace>(context_, scheme, listener, desk_));
  if (trials_) coap_faces_.back()->watch(*trials_);
  api_roots_.push_back(api_root(scheme, options_.address, coap_faces_.back()->port()));
}

void Function::open() {
  api_roots_.clear();
  for (const auto scheme : schemes_to_open(options_, desk_.gateways().has_psk())) {
    if (base::is_coap(scheme)) {
      open_coap(scheme);
    } else {
      open_http(scheme);
    }
  }
}

void Function::start() {
  open();
  if (tester_) tester_->start();
  base::log::info("pf_ready", {{"addresses", joined(api_roots_)},
                               {"assignments", ledger_.assignments()},
                               {"loaded_in", load_time_}});
}

/// What a tester sees of a Provisioning Function that is started again: the same addresses.
void Function::restart(base::Duration down, bool lose_store) {
  if (cleartext_) options_.port = port();
  if (tls_) options_.tls_port = tls_port();
  for (const auto& face : coap_faces_) {
    (base::is_secure(face->channel()) ? options_.coap.coaps_port : options_.coap.coap_port) =
        face->port();
  }
  stop();
  if (lose_store) ledger_.forget_all();
  base::log::warn("pf_test_restart", {{"down", down}, {"lost_store", lose_store}});
  open_again(down);
}

void Function::open_again(base::Duration pause) {
  const auto timer = std::make_shared<boost::asio::steady_timer>(context_.io);
  timer->expires_after(pause);
  timer->async_wait([this, timer, alive = std::weak_ptr<int>(alive_)](boost::system::error_code) {
    if (alive.expired()) return;
    stop();  // a restart during another one
    try {
      open();
    } catch (const std::exception& error) {
      base::log::error("pf_test_restart_failed", {{"reason", error.what()}});
      open_again(std::chrono::seconds(1));
    }
  });
}

void Function::reconfigure(const Options& options) {
  options_ = options;
  desk_.allow_unknown_gateways(options_.allow_unknown_gateways);
  ledger_.limit_to(options_.max_unanswered, options_.max_assignments);
  http_face_.limit_to(options_.max_unread_octets);
  if (cleartext_) cleartext_->limit_to(http_listener(options_, base::Scheme::http));
  if (tls_) tls_->limit_to(http_listener(options_, base::Scheme::https));
  for (const auto& face : coap_faces_) {
    face->reconfigure(coap_listener(options_, face->channel(),
                                    [this]() -> const Gateways& { return desk_.gateways(); }));
  }
}

base::Result<> Function::reload_tls() {
  // All read the same files: if the first one can, so can the others.
  if (tls_) {
    if (auto done = tls_->reload_tls(options_.tls); !done) return done;
  }
  for (const auto& face : coap_faces_) {
    if (auto done = face->reload(); !done) return done;
  }
  return {};
}

void Function::end_turn(base::TimePoint now) {
  ledger_.submit();
  desk_.log_refusals(now);
}

void Function::on_committed(CommitNo no) {
  ledger_.committed(no);
  http_face_.committed(no);
  for (const auto& face : coap_faces_) face->committed(no);
  ledger_.reclaim();
}

void Function::stop() noexcept {
  cleartext_.reset();
  tls_.reset();
  coap_faces_.clear();
  http_face_.drop_parked();
}

std::uint16_t Function::port() const noexcept {
  return cleartext_ ? cleartext_->port() : 0;
}
std::uint16_t Function::tls_port() const noexcept {
  return tls_ ? tls_->port() : 0;
}
std::uint16_t Function::coap_port(base::Scheme scheme) const noexcept {
  for (const auto& face : coap_faces_) {
    if (face->channel() == scheme) return face->port();
  }
  return 0;
}

}  // namespace msggw::function
