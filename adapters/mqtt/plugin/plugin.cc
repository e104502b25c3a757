// SPDX-License-Identifier: Apache-2.0
// The events of Mosquitto 2.0, and nothing that is decided (access/guard.h).
#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>
#include <openssl/x509.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <exception>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "adapters/mqtt/access/guard.h"
#include "adapters/mqtt/plugin/reporter.h"
#include "gateway/base/handle.h"
#include "gateway/base/text.h"

namespace msggw::mqtt::plugin {

namespace {

using access::Act;
using access::Peer;

base::TimePoint time_now() {
  return std::chrono::floor<base::Duration>(std::chrono::system_clock::now());
}

std::string_view view(const char* text) noexcept {
  return text == nullptr ? std::string_view() : std::string_view(text);
}

/// All that there is of one folder, however many listeners have the plugin.
class Plugin {
 public:
  explicit Plugin(const std::string& folder) : reading_(folder), reporter_(folder, guard_) {}

  int basic_auth(const mosquitto_evt_basic_auth& event) {
    const base::TimePoint now = time_now();
    const Peer peer = peer_of(event.client, view(event.username));
    if (!is_told_the_time(now)) return MOSQ_ERR_AUTH;
    if (asks_again(event.client))
      return guard_.may_stay(peer, now) ? MOSQ_ERR_SUCCESS : MOSQ_ERR_AUTH;
    look(now);
    if (guard_.let_in(peer, view(event.password), now)) return MOSQ_ERR_SUCCESS;
    mosquitto_log_printf(MOSQ_LOG_NOTICE, "msggw: %s is not let in as %s",
                         base::printable(peer.id).c_str(), base::printable(peer.user).c_str());
    return MOSQ_ERR_AUTH;
  }

  int psk_key(const mosquitto_evt_psk_key& event) {
    const base::TimePoint now = time_now();
    if (!is_told_the_time(now)) return MOSQ_ERR_AUTH;
    look(now);
    const std::string key = guard_.psk_key(event.client, view(event.identity), now);
    constexpr std::string_view kHex = "0123456789abcdef";
    if (event.max_key_len < 1 || key.size() * 2 >= static_cast<std::size_t>(event.max_key_len))
      return MOSQ_ERR_AUTH;
    char* to = event.key;
    for (const char each : key) {
      const auto octet = static_cast<unsigned char>(each);
      *to++ = kHex[octet >> 4];
      *to++ = kHex[octet & 15];
    }
    *to = '\0';
    return MOSQ_ERR_SUCCESS;
  }

  int acl_check(const mosquitto_evt_acl_check& event) {
    if (event.access == MOSQ_ACL_UNSUBSCRIBE) return MOSQ_ERR_SUCCESS;
    const base::TimePoint now = time_now();
    if (!is_told_the_time(now)) return MOSQ_ERR_ACL_DENIED;
    Peer peer = peer_of(event.client, view(mosquitto_client_username(event.client)));
    if (guard_.asks_for_certificate(peer)) look_at_certificate(event.client, peer);
    const Act act = event.access == MOSQ_ACL_WRITE  ? act_of_writing(event.client)
                    : event.access == MOSQ_ACL_READ ? Act::read
                                                    : Act::subscribe;
    return guard_.may(peer, act, view(event.topic), now) ? MOSQ_ERR_SUCCESS : MOSQ_ERR_ACL_DENIED;
  }

  int disconnect(const mosquitto_evt_disconnect& event) {
    Peer peer = peer_of(event.client, view(mosquitto_client_username(event.client)));
    if (guard_.asks_for_certificate(peer)) look_at_certificate(event.client, peer);
    guard_.left(peer, time_now());
    return MOSQ_ERR_SUCCESS;
  }

  /// The settings have been read anew; from now until the end of the broker's turn it asks of all
  /// its sessions once more.
  int reload(const mosquitto_evt_reload&) {
    is_reloading_ = true;
    return MOSQ_ERR_PLUGIN_DEFER;  // others are told too
  }

  int tick() {
    is_reloading_ = false;
    has_ticked_ = true;
    const base::TimePoint now = time_now();
    if (now >= look_at_ || look_at_ - now > kLookEvery) look(now);
    for (const std::string& id : guard_.review(now)) {
      if (id.empty()) continue;  // without one the broker would end all
      mosquitto_log_printf(MOSQ_LOG_NOTICE, "msggw: %s is ended, what let it in is good no more",
                           base::printable(id).c_str());
      mosquitto_kick_client_by_clientid(id.c_str(), true);
    }
    reporter_.turn(guard_.generation(), now);
    return MOSQ_ERR_SUCCESS;
  }

 private:
  static constexpr base::Duration kLookEvery{250};
  static constexpr base::Duration kSayEvery{60'000};
  static constexpr base::Duration kFirstTick{2'000};

  /// Whether nobody comes in by this question. In the turn of a reload the broker serves none but
  /// who comes over WebSockets.
  bool asks_again(const mosquitto* client) const {
    return is_reloading_ &&
           (guard_.is_connected(client) || mosquitto_client_protocol(client) != mp_websockets);
  }

  /// With per_listener_settings Mosquitto 2.0.11 never tells that time goes by, and nothing that
  /// was let in would end.
  bool is_told_the_time(base::TimePoint now) {
    if (has_ticked_) return true;
    if (begun_at_ == base::TimePoint{}) begun_at_ = now;
    if (now - begun_at_ < kFirstTick) return true;
    say("this broker's per_listener_settings must be false: nobody is let in", now);
    return false;
  }

  /// check_retain_source: the broker asks of whoever retained it before somebody is handed it, and
  /// that is no client.
  static Act act_of_writing(const mosquitto* client) {
    const bool is_client = mosquitto_client_address(client) != nullptr ||
                           mosquitto_client_protocol_version(client) != 0;
    return is_client ? Act::write : Act::have_written;
  }

  static Peer peer_of(const mosquitto* client, std::string_view user) {
    return {client, view(mosquitto_client_id(client)), user, view(mosquitto_client_address(client)),
            false};
  }

  static void look_at_certificate(const mosquitto* client, Peer& peer) {
    const base::Handle<X509, X509_free> certificate(
        static_cast<X509*>(mosquitto_client_certificate(client)));
    peer.has_certificate = certificate != nullptr;
    std::tm end{};
    if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) != 1) return;
    const std::time_t end_s = ::timegm(&end);
    constexpr std::time_t kLast = std::numeric_limits<std::uint32_t>::max();
    if (end_s < kLast)
      peer.certificate_ends_s = static_cast<std::uint32_t>(std::max(end_s, std::time_t{1}));
  }

  /// At once while there is nothing to read, so that the gateway is not kept waiting when it has
  /// begun.
  void look(base::TimePoint now) {
    look_at_ = now + kLookEvery;
    if (const auto looked = reading_.look(); !looked) say(looked.error().detail, now);
  }

  void say(const std::string& what, base::TimePoint now) {
    if (now < say_at_ && say_at_ - now <= kSayEvery) return;
    say_at_ = now + kSayEvery;
    mosquitto_log_printf(MOSQ_LOG_WARNING, "msggw: %s", what.c_str());
  }

  access::Reading reading_;
  access::Guard guard_{reading_};
  Reporter reporter_;
  bool is_reloading_ = false;
  bool has_ticked_ = false;
  base::TimePoint begun_at_{};
  base::TimePoint look_at_{};
  base::TimePoint say_at_{};
};

/// One listener's, or all listeners'.
struct Loaded {
  std::string folder;
  std::shared_ptr<Plugin> plugin;
};

std::weak_ptr<Plugin>& of_folder(const std::string& folder) {
  static std::map<std::string, std::weak_ptr<Plugin>> all;
  return all[folder];
}

/// What is thrown must not get into the broker, and whoever asked then is refused.
template <class Event, int (Plugin::*kHandle)(const Event&), int kElse>
int on(int, void* event, void* loaded) noexcept {
  try {
    return (static_cast<Loaded*>(loaded)->plugin.get()->*kHandle)(
        *static_cast<const Event*>(event));
  } catch (const std::exception& error) {
    mosquitto_log_printf(MOSQ_LOG_ERR, "msggw: %s", error.what());
    return kElse;
  }
}

int on_tick(int, void*, void* loaded) noexcept {
  try {
    return static_cast<Loaded*>(loaded)->plugin->tick();
  } catch (const std::exception& error) {
    mosquitto_log_printf(MOSQ_LOG_ERR, "msggw: %s", error.what());
    return MOSQ_ERR_SUCCESS;
  }
}

struct Handler {
  int event;
  MOSQ_FUNC_generic_callback call;
};
constexpr Handler kHandlers[]{
    {MOSQ_EVT_BASIC_AUTH, on<mosquitto_evt_basic_auth, &Plugin::basic_auth, MOSQ_ERR_AUTH>},
    {MOSQ_EVT_PSK_KEY, on<mosquitto_evt_psk_key, &Plugin::psk_key, MOSQ_ERR_AUTH>},
    {MOSQ_EVT_ACL_CHECK, on<mosquitto_evt_acl_check, &Plugin::acl_check, MOSQ_ERR_ACL_DENIED>},
    {MOSQ_EVT_RELOAD, on<mosquitto_evt_reload, &Plugin::reload, MOSQ_ERR_PLUGIN_DEFER>},
    {MOSQ_EVT_DISCONNECT, on<mosquitto_evt_disconnect, &Plugin::disconnect, MOSQ_ERR_SUCCESS>},
    {MOSQ_EVT_TICK, on_tick},
};

int load(mosquitto_plugin_id_t* id, void** loaded, const mosquitto_opt* options, int count) {
  auto own = std::make_unique<Loaded>();
  for (int i = 0; i < count; ++i) {
    if (view(options[i].key) == "folder") own->folder = view(options[i].value);
  }
  if (own->folder.empty()) {
    mosquitto_log_printf(MOSQ_LOG_ERR,
                         "msggw: plugin_opt_folder is missing: mqtt.plugin_folder of the gateway");
    return MOSQ_ERR_INVAL;
  }
  std::weak_ptr<Plugin>& shared = of_folder(own->folder);
  own->plugin = shared.lock();
  if (!own->plugin) shared = own->plugin = std::make_shared<Plugin>(own->folder);
  for (const Handler& handler : kHandlers) {
    const int code =
        mosquitto_callback_register(id, handler.event, handler.call, nullptr, own.get());
    if (code != MOSQ_ERR_SUCCESS) return code;
  }
  *loaded = own.release();
  return MOSQ_ERR_SUCCESS;
}

}  // namespace

}  // namespace msggw::mqtt::plugin

#define MSGGW_ENTRY extern "C" __attribute__((visibility("default")))

MSGGW_ENTRY int mosquitto_plugin_version(int count, const int* versions) {
  for (int i = 0; i < count; ++i) {
    if (versions[i] == MOSQ_PLUGIN_VERSION) return MOSQ_PLUGIN_VERSION;
  }
  return -1;
}

MSGGW_ENTRY int mosquitto_plugin_init(mosquitto_plugin_id_t* identifier, void** userdata,
                                      mosquitto_opt* options, int option_count) {
  try {
    return msggw::mqtt::plugin::load(identifier, userdata, options, option_count);
  } catch (const std::exception& error) {
    mosquitto_log_printf(MOSQ_LOG_ERR, "msggw: %s", error.what());
    return MOSQ_ERR_UNKNOWN;
  }
}

/// The broker calls nothing of what was registered any more.
MSGGW_ENTRY int mosquitto_plugin_cleanup(void* userdata, mosquitto_opt*, int) {
  delete static_cast<msggw::mqtt::plugin::Loaded*>(userdata);
  return MOSQ_ERR_SUCCESS;
}
