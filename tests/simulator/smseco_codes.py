"""SMSECO's tables, typed from its document."""

from typing import Final

# Section I-1, "Codes d'erreur".
WORDS: Final = {
    -1: "XML invalide",
    -2: "Login non spécifié",
    -3: "Mot de passe non spécifié",
    -4: "Echec de l'Authentification",
    -5: "Aucun message spécifié",
    -6: "Pas assez de crédits ou crédits insuffisants",
    -7: "Aucun destinataire spécifié",
    -8: "Expéditeur non enregistré",
    -9: "Aucuns destinataires valides",
    -10: "La longueur de l'Id du message dépasse les 30 caractères autorisés",
    -11: "Envoi de sms non autorisé pour ce compte",
    -12: "Compte non actif dans le système",
    -13: "Heure d'envoi pour message différé incorrecte",
    -14: "Commande inconnue",
    -15: "Aucun statut sms disponible",
}

# Section III-1, "Définition des statuts des messages envoyés".
STATES: Final = {
    50: "en Attente",
    62: "Rejeté",
    65: "File d'attente locale",
    54: "non envoyé",
    55: "Transmis à l'Opérateur",
    61: "File d'attente Opérateur",
    56: "Accusé de Réception",
    59: "Non Délivré par l'Opérateur",
    60: "Erreur réseau opérateur",
    49: "Erreur Crédits",
}
