// SPDX-License-Identifier: Apache-2.0
#include "gateway/process/gateway_process.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "gateway/base/block_cipher.h"
#include "gateway/base/log.h"
#include "gateway/base/secrets.h"
#include "gateway/process/build_info.h"
#include "gateway/process/key_file.h"
#include "gateway/process/stores.h"
#include "storage/handle_key.h"

namespace msggw::process {

namespace {

core::HandleKey handle_key_of(storage::Store& store) {
  const auto key = storage::handle_key(store);
  if (!key) throw std::runtime_error("the device store cannot be used: " + key.error().detail);
  return *key;
}

/// The same for as long as the store lives, so that the broker keeps the session; and nobody can
/// guess it, or any client of the broker could take the session over and end it. Of a block of
/// which no handle is made, since those end in zeros; of at most 23 letters and digits, which every
/// broker takes (MQTT 3.1.1, 3.1.3.1).
std::string own_client_id(const core::HandleKey& key) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr std::size_t kOctets = 8;
  base::BlockCipher::Block block;
  block.fill('m');
  const auto octets = base::BlockCipher(key).encrypt(block);
  std::string id = "msggw";
  for (std::size_t i = 0; i < kOctets; ++i) {
    id += kDigits[octets[i] >> 4];
    id += kDigits[octets[i] & 15];
  }
  return id;
}

credentials::Options credential_options(const config::Config& config) {
  credentials::Options options = config.credentials;
  options.key_file = key_file_of(config);
  return options;
}

/// What the client learns goes into the core.
client::Client::Events into(core::Journey& journey, const base::Clock& clock) {
  client::Client::Events events;
  events.provisioned = [&](core::DeviceNo device, core::Provisioned answer) {
    journey.provisioned(device, std::move(answer), clock.now());
  };
  events.refused = [&](core::DeviceNo device, std::string cause, std::string detail) {
    journey.refused(device, std::move(cause), std::move(detail), clock.now());
  };
  events.released = [&](core::DeviceNo device) { journey.released(device); };
  events.failed = [&](core::DeviceNo device, base::Duration retry_after, std::string_view why) {
    journey.failed(device, retry_after, clock.now(), why);
  };
  return events;
}

/// How this machine reaches what listens on `address`.
base::Host reachable(const boost::asio::ip::address& address) {
  namespace ip = boost::asio::ip;
  if (!address.is_unspecified()) return base::Host(address);
  return base::Host(address.is_v4() ? ip::address(ip::address_v4::loopback())
                                    : ip::address(ip::address_v6::loopback()));
}

}  // namespace

GatewayProcess::GatewayProcess(config::Config config)
    : config_(std::move(config)),
      loop_("gateway", config_.gateway.watchdog_turn, clock_, metrics_),
      store_(storage::open_lmdb_store(store_of(config_.gateway))),
      gateway_(config_.limits, metrics_,
               {base::random_hash_key(), handle_key_of(*store_), base::random_number()}),
      messages_(config_.messages.limits, gateway_.tables(), metrics_,
                messages::window_keys_of(handle_key_of(*store_))),
      operated_messages_(messages_, policy_of(config_)),
      credentials_(credential_options(config_), gateway_.tables(), metrics_),
      device_messages_(messages_, policy_of(config_)),
      service_(context_,
               {gateway_.turn(), gateway_.journey(), gateway_.commits(), stored_messages_,
                stored_credentials_},
               *store_),
      client_(context_, config_.provisioning, roots_of(config_.provisioning),
              into(gateway_.journey(), clock_)),
      certificates_(context_, tls_files_of_gateway(config_)),
      trouble_timer_(loop_.io()),
      stop_timer_(loop_.io()) {
  service_.load();
  wire_messages();
  wire_devices();
  service::Surroundings around{adapters_, message_adapters_};
  around.device_messages = &device_messages_;
  if (messaging_) {
    around.to_server = [this](const auto& answer) { messaging_->servers().answer(answer); };
    around.end_server_turn = [this](base::TimePoint now) { messaging_->servers().end_turn(now); };
  }
  if (mqtt_) {
    around.durable = [this](const auto& devices, const auto& changed) {
      if (plugin_) plugin_->durable(devices, changed);
      for (const credentials::CredentialNo no : changed) {
        if (const auto* const entry = credentials_.find(no))
          mqtt_->given_credentials(entry->device);
      }
    };
  }
  service_.attach(client_, std::move(around));
}

void GatewayProcess::wire_messages() {
  if (config_.msgin5g.enabled) messaging_.emplace(context_, config_, gateway_, messages_);
  const bool registers = config_.msgin5g.registration == msgin5g::Registration::server;
  if (!messaging_ || !registers) gateway_.server_registrations().disclaim();
}

void GatewayProcess::wire_devices() {
  messages::DeviceSide* const messages = messaging_ ? &device_messages_ : nullptr;
  if (config_.coap.enabled) {
    coap_ = std::make_unique<coap_adapter::CoapAdapter>(
        context_, config_.coap, coap_adapter::Doors{gateway_.registrations(), messages, &proofs_});
    adapters_.push_back(coap_.get());
    message_adapters_.push_back(coap_.get());
  }
  if (config_.mqtt.enabled) {
    mqtt_options_ = mqtt_options();
    if (!mqtt_options_.plugin_folder.empty()) {
      plugin_ = std::make_unique<PluginSide>(
          context_, mqtt_options_, credentials_, gateway_.tables(),
          broker::Sightings::Events{
              [this](core::DeviceNo device, bool is_there) { mqtt_->seen(device, is_there); },
              [this] { mqtt_->seen_nothing(); }});
    }
    mqtt_ = std::make_unique<mqtt::MqttAdapter>(
        context_, mqtt_options_, mqtt::Doors{gateway_.registrations(), messages, &proofs_});
    adapters_.push_back(mqtt_.get());
    message_adapters_.push_back(mqtt_.get());
  }
  if (config_.sms.enabled) {
    sms_ = std::make_unique<sms::SmsAdapter>(
        context_, config_.sms,
        sms::Doors{gateway_.registrations(), device_messages_, messages != nullptr, &proofs_});
    adapters_.push_back(sms_.get());
    message_adapters_.push_back(sms_.get());
    if (messaging_) {
      messaging_->server_side().ask_whether_carried(
          [this](core::DeviceNo device, std::string_view content) {
            return sms_->can_bring(device, content);
          });
    }
  }
  carry();
}

mqtt::Options GatewayProcess::mqtt_options() const {
  mqtt::Options options = config_.mqtt;
  if (options.client_id == "own") options.client_id = own_client_id(handle_key_of(*store_));
  return options;
}

GatewayProcess::~GatewayProcess() = default;

void GatewayProcess::start() {
  tell_build(metrics_);
  certificates_.read();
  if (messaging_) messaging_->servers().start();
  for (core::Adapter* adapter : adapters_) {
    if (!plugin_ || adapter != mqtt_.get()) adapter->start();
  }
  open_admin();
  watch_troubles();
}

void GatewayProcess::open_admin() {
  admin_token_ = roster::random_token();
  admin_ =
      std::make_unique<admin::Admin>(context_, place_of(config_.admin), [this] { return look(); });
  const auto read = [this](std::vector<messages::MessageNo> numbers, auto done) {
    service_.read_contents(std::move(numbers), std::move(done));
  };
  admin_->open_api({config_.admin.hosts, admin_token_},
                   {gateway_.operations(),
                    {operated_messages_, read},
                    operated_credentials_,
                    [this] { return !plugin_ || plugin_->has_told_gone(); }},
                   [this] { return status_now(); });
  admin_->open_reload(reloading_);
  write_access();
}

void GatewayProcess::write_access() {
  access_.reset();
  if (admin_->port() == 0) return roster::remove_access(config_.gateway.folder);
  access_.emplace(config_.gateway.folder,
                  roster::Access{base::Uri{base::Scheme::http, reachable(config_.admin.address),
                                           admin_->port()},
                                 admin_token_});
}

void GatewayProcess::run(const std::function<void()>& every_turn) {
  loop_.run([&] {
    end_turn();
    every_turn();
  });
}

/// It has another password since the last start, so who came to the broker before its plugin knows
/// that would be turned away.
void GatewayProcess::end_plugin_turn() {
  plugin_->end_turn(clock_.now());
  if (mqtt_started_ || stopping_ || !plugin_->has_tried()) return;
  mqtt_started_ = true;
  mqtt_->start();
}

void GatewayProcess::end_turn() {
  admin_->end_turn(clock_.now());
  service_.end_turn();
  if (plugin_) end_plugin_turn();
  if (!stopping_) return;
  if (!stopped_adapters_) {
    stopped_adapters_ = true;
    stop_by_ = clock_.now() + kLastTurns;
    for (core::Adapter* adapter : adapters_) adapter->stop();
    if (messaging_) messaging_->servers().stop();
    if (plugin_) plugin_->hurry(clock_.now());
    stop_timer_.expires_after(kLastTurns);
    stop_timer_.async_wait([](const boost::system::error_code&) {});
  }
  const bool done = service_.idle() && (!sms_ || sms_->has_left()) &&
                    (!messaging_ || messaging_->servers().idle()) &&
                    (!plugin_ || plugin_->is_done());
  if (!done && clock_.now() < stop_by_) return;
  if (plugin_) plugin_->say_what_is_left();
  loop_.stop();
}

std::vector<base::Uri> roots_of(const client::Options& options) {
  std::vector<base::Uri> roots;
  for (auto& [root, origin] : provisioning_roots(options)) roots.push_back(std::move(root));
  return roots;
}

std::vector<ProvisioningRoot> provisioning_roots(const client::Options& options) {
  std::vector<ProvisioningRoot> found;
  if (options.uris.empty()) {
    const protocol::PlmnAddress& plmn = options.derived;
    auto root = protocol::derive_api_root(plmn);
    if (!root)
      throw std::runtime_error("no address of the Provisioning Function: " + root.error().detail);
    found.push_back({std::move(*root), "derived from mcc " + plmn.mcc + ", mnc " + plmn.mnc +
                                           ", label " + plmn.label});
  }
  for (std::size_t i = 0; i < options.uris.size(); ++i) {
    found.push_back({options.uris[i], "configured, " + std::to_string(i + 1) + " of " +
                                          std::to_string(options.uris.size())});
  }
  return found;
}

}  // namespace msggw::process
